package dev.tollgate.gateway.account;

import java.util.List;
import java.util.Locale;

/**
 * The models that a project may ask for: ids to the letter, or all of an author's as {@code
 * author/*}. Names that stand for whatever model somebody else picks, such as {@code
 * openrouter/auto}, are allowed to the letter only.
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
      throw new IllegalArgumentException("a list of models has 1 to " + MAX_PATTERNS + " entries");
    }
    for (String pattern : patterns) {
      if (!pattern.matches("[^\\s,*]{1," + MAX_CHARACTERS + "}(?<!/)|[^\\s,*/]{1,100}/\\*")) {
        throw new IllegalArgumentException(
            "a model is an id such as openai/gpt-4o-mini, or all of an author's as openai/*");
      }
    }
  }

  /** Whether {@code model} is one of them. */
  public boolean allows(String model) {
    if (patterns.contains(model)) {
      return true;
    }
    int slash = model.indexOf('/');
    // What a router picks, nobody knows before it has.
    return slash > 0
        && slash < model.length() - 1
        // Behind it stands a preset, with models of its own.
        && model.indexOf('@') < 0
        && !model.toLowerCase(Locale.ROOT).startsWith("openrouter/")
        && patterns.contains(model.substring(0, slash) + "/*");
  }
}
