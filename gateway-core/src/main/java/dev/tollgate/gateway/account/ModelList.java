package dev.tollgate.gateway.account;

import java.util.List;
import java.util.Locale;

/**
 * The models that a project may use: exact ids, or all models of an author as {@code author/*}.
 * Router names such as {@code openrouter/auto}, where the router picks the model, are allowed only
 * as exact ids.
 *
 * @param patterns not empty, none blank; in the order given
 */
public record ModelList(List<String> patterns) {
  private static final int MAX_PATTERNS = 1_000;
  private static final int MAX_CHARACTERS = 200;

  /** Checks and copies the list. */
  public ModelList {
    patterns = List.copyOf(patterns);
    if (patterns.isEmpty() || patterns.size() > MAX_PATTERNS) {
      throw new IllegalArgumentException(
          "the list has " + patterns.size() + " models, but must have 1 to " + MAX_PATTERNS);
    }
    for (String pattern : patterns) {
      if (!pattern.matches("[^\\s,*]{1," + MAX_CHARACTERS + "}(?<!/)|[^\\s,*/]{1,100}/\\*")) {
        throw new IllegalArgumentException(
            "a model must be an id such as openai/gpt-4o-mini, or all of an author as openai/*");
      }
    }
  }

  /** Whether the list allows {@code model}. */
  public boolean allows(String model) {
    if (patterns.contains(model)) {
      return true;
    }
    int slash = model.indexOf('/');
    // The model that a router picks is unknown until the router has picked it.
    return slash > 0
        && slash < model.length() - 1
        // An "@" names a preset, which chooses its own models.
        && model.indexOf('@') < 0
        && !model.toLowerCase(Locale.ROOT).startsWith("openrouter/")
        && patterns.contains(model.substring(0, slash) + "/*");
  }
}
