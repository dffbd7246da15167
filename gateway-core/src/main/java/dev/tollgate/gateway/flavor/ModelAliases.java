package dev.tollgate.gateway.flavor;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Model ids that callers write, and what the upstream calls them. A table of exact ids, upper and
 * lower case apart; nothing is guessed from the look of an id. Immutable.
 *
 * <p>An id may have a suffix, from its first colon on ({@code :free}, {@code :nitro}): one that is
 * not in the table as it stands is looked up without the suffix, which is then kept. No alias leads
 * to another one, so that a second look-up changes nothing.
 *
 * @param table what the upstream calls an id, by what callers write; neither is blank
 */
public record ModelAliases(Map<String, String> table) {
  private static final ModelAliases NONE = new ModelAliases(Map.of());

  /**
   * The ids that <a href="https://docs.pinata.cloud/inference/models">Pinata</a> and Anthropic
   * write with dashes, by OpenRouter's names of the same models. Only those whose version has a dot
   * there: {@code anthropic/claude-opus-5} has one name everywhere. Ids with a date name a snapshot
   * and are left alone, as are ids without a vendor.
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
   * Checks the table and copies it.
   *
   * @throws IllegalArgumentException if an id is blank, or what an alias stands for is an alias too
   */
  public ModelAliases {
    table = Map.copyOf(table);
    for (Map.Entry<String, String> entry : table.entrySet()) {
      String alias = entry.getKey();
      String model = entry.getValue();
      if (alias.isBlank() || model.isBlank()) {
        throw new IllegalArgumentException(
            "a model alias has an id on both sides: " + alias + "=" + model);
      }
      for (String other : table.keySet()) {
        if (model.equals(other) || model.startsWith(other + ":") || other.startsWith(model + ":")) {
          throw new IllegalArgumentException(
              "a model alias does not lead to another one: " + alias + "=" + model);
        }
      }
    }
  }

  /** No alias at all. */
  public static ModelAliases none() {
    return NONE;
  }

  /**
   * Makes a table of its own, without {@link #DEFAULTS}.
   *
   * @param table what the upstream calls an id, by what callers write
   * @throws IllegalArgumentException if an id is blank, or what an alias stands for is an alias too
   */
  public static ModelAliases of(Map<String, String> table) {
    return new ModelAliases(table);
  }

  /**
   * Reads {@code alias=id, alias=id}, with white space anywhere between them.
   *
   * @param text blank: no alias at all
   * @throws IllegalArgumentException if an entry is not of that form, an alias is there twice, or
   *     what it stands for is an alias too
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
            "model aliases are written alias=id, alias=id; this is none: '" + entry.strip() + "'");
      }
      if (table.put(sides[0], sides[1]) != null) {
        throw new IllegalArgumentException("this model alias is there twice: " + sides[0]);
      }
    }
    return new ModelAliases(table);
  }

  /**
   * What the upstream calls a model.
   *
   * @param model an id as a caller wrote it, of any length
   * @return the upstream's id with the caller's suffix; empty if the id is no alias
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

  /** The table as {@link #parse} reads it, in the order of the aliases. */
  @Override
  public String toString() {
    return new TreeMap<>(table)
        .entrySet().stream()
            .map(entry -> entry.getKey() + "=" + entry.getValue())
            .collect(Collectors.joining(", "));
  }
}
