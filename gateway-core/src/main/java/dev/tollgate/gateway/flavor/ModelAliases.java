package dev.tollgate.gateway.flavor;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Model ids that callers use, mapped to the upstream's ids. Ids match exactly, including case;
 * nothing is derived from the form of an id. Immutable.
 *
 * <p>An id may have a suffix from its first colon on ({@code :free}, {@code :nitro}). If the whole
 * id is not in the table, it is looked up without the suffix, and the suffix is appended to the
 * result. No alias maps to another alias, so a second look-up changes nothing.
 *
 * @param table the upstream's id for each alias; neither is blank
 */
public record ModelAliases(Map<String, String> table) {
  private static final ModelAliases NONE = new ModelAliases(Map.of());

  /**
   * OpenRouter's ids for models that <a
   * href="https://docs.pinata.cloud/inference/models">Pinata</a> and Anthropic write with dashes.
   * The table holds only models whose version has a dot in OpenRouter's id: {@code
   * anthropic/claude-opus-5} has the same id everywhere. Ids with a date name a snapshot and are
   * left alone, as are ids without a vendor.
   */
  public static final ModelAliases DEFAULTS =
      parse(
          """
          anthropic/claude-3-5-haiku = anthropic/claude-3.5-haiku,
          anthropic/claude-3-5-sonnet = anthropic/claude-3.5-sonnet,
          anthropic/claude-3-7-sonnet = anthropic/claude-3.7-sonnet,
          anthropic/claude-fable-5-1 = anthropic/claude-fable-5.1,
          anthropic/claude-haiku-4-5 = anthropic/claude-haiku-4.5,
          anthropic/claude-opus-4-0 = anthropic/claude-opus-4,
          anthropic/claude-opus-4-1 = anthropic/claude-opus-4.1,
          anthropic/claude-opus-4-5 = anthropic/claude-opus-4.5,
          anthropic/claude-opus-4-6 = anthropic/claude-opus-4.6,
          anthropic/claude-opus-4-6-fast = anthropic/claude-opus-4.6-fast,
          anthropic/claude-opus-4-7 = anthropic/claude-opus-4.7,
          anthropic/claude-opus-4-7-fast = anthropic/claude-opus-4.7-fast,
          anthropic/claude-opus-4-8 = anthropic/claude-opus-4.8,
          anthropic/claude-opus-4-8-fast = anthropic/claude-opus-4.8-fast,
          anthropic/claude-opus-5-5 = anthropic/claude-opus-5.5,
          anthropic/claude-sonnet-4-0 = anthropic/claude-sonnet-4,
          anthropic/claude-sonnet-4-5 = anthropic/claude-sonnet-4.5,
          anthropic/claude-sonnet-4-6 = anthropic/claude-sonnet-4.6,
          anthropic/claude-sonnet-5-5 = anthropic/claude-sonnet-5.5
          """);

  /**
   * Checks and copies the table.
   *
   * @throws IllegalArgumentException if an id is blank or an alias maps to another alias
   */
  public ModelAliases {
    table = Map.copyOf(table);
    for (Map.Entry<String, String> entry : table.entrySet()) {
      String alias = entry.getKey();
      String model = entry.getValue();
      if (alias.isBlank() || model.isBlank()) {
        throw new IllegalArgumentException(
            "a model alias needs an id on both sides of '=': " + alias + "=" + model);
      }
      for (String other : table.keySet()) {
        if (model.equals(other) || model.startsWith(other + ":") || other.startsWith(model + ":")) {
          throw new IllegalArgumentException(
              "a model alias must not point to another alias: " + alias + "=" + model);
        }
      }
    }
  }

  /** An empty table. */
  public static ModelAliases none() {
    return NONE;
  }

  /**
   * Creates a table without the {@link #DEFAULTS}.
   *
   * @param table the upstream's id for each alias
   * @throws IllegalArgumentException if an id is blank or an alias maps to another alias
   */
  public static ModelAliases of(Map<String, String> table) {
    return new ModelAliases(table);
  }

  /**
   * Parses {@code alias=id, alias=id}. White space around ids is ignored.
   *
   * @param text blank: an empty table
   * @throws IllegalArgumentException if an entry has another form, an alias occurs twice, or an
   *     alias maps to another alias
   */
  public static ModelAliases parse(String text) {
    if (text.isBlank()) {
      return NONE;
    }
    Map<String, String> table = new HashMap<>();
    for (String entry : text.split(",", -1)) {
      String[] sides = entry.strip().split("\\s*=\\s*", -1);
      if (sides.length != 2 || sides[0].isEmpty() || sides[1].isEmpty()) {
        throw new IllegalArgumentException(
            "not a model alias (write alias=id, alias=id): '" + entry.strip() + "'");
      }
      if (table.put(sides[0], sides[1]) != null) {
        throw new IllegalArgumentException("duplicate model alias: " + sides[0]);
      }
    }
    return new ModelAliases(table);
  }

  /**
   * Finds the upstream's id for a model.
   *
   * @param model an id from a caller, of any length
   * @return the upstream's id with the caller's suffix; empty if the id is not an alias
   */
  public Optional<String> find(String model) {
    String whole = table.get(model);
    int colon = model.indexOf(':');
    if (whole != null || colon < 0) {
      return Optional.ofNullable(whole);
    }
    return Optional.ofNullable(table.get(model.substring(0, colon)))
        .map(id -> id + model.substring(colon));
  }

  /** The table in the form that {@link #parse} reads, ordered by alias. */
  @Override
  public String toString() {
    return new TreeMap<>(table)
        .entrySet().stream()
            .map(entry -> entry.getKey() + "=" + entry.getValue())
            .collect(Collectors.joining(", "));
  }
}
