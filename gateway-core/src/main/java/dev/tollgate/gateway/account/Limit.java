package dev.tollgate.gateway.account;

import java.util.List;

/**
 * A limit of a project or a key. The constants are the table of all limits: the command line, the
 * admin API with its OpenAPI document, the audit log and the database go through it.
 *
 * @param name the name in JSON; the command-line option is the same with dashes
 * @param column the column in the tables {@code project} and, for limits of a key, {@code api_key}
 * @param form how values are written
 * @param label the placeholder for a value in the help of the command line
 * @param unset the word on the command line that removes the limit; null does so in JSON
 * @param meaning what is limited, and which values there are
 * @param otherwise what applies without the limit
 */
public record Limit<T>(
    String name,
    String column,
    LimitForm<T> form,
    String label,
    String unset,
    String meaning,
    String otherwise) {
  private static final String OPERATORS = "the operator's default";

  /** The rate of requests. */
  public static final Limit<RatePolicy> RATE =
      new Limit<>(
          "rate",
          "rate",
          LimitForm.text("^(off|by-credit|[1-9][0-9]{0,5}/[sm])$", RatePolicy::parse),
          "RATE",
          "default",
          "Maximum rate of requests: " + RatePolicy.FORM,
          OPERATORS);

  /** How many metered requests may be open at once, across all nodes; 0: any number. */
  public static final Limit<Integer> CONCURRENCY =
      new Limit<>(
          "concurrency",
          "max_open",
          LimitForm.COUNT,
          "COUNT|off",
          "default",
          "Maximum number of open requests; 0: no maximum",
          OPERATORS);

  /** The allowed models. */
  public static final Limit<ModelList> MODELS =
      new Limit<>(
          "models",
          "models",
          LimitForm.list("'minItems': 1, 'maxItems': 1000", ModelList::new, ModelList::patterns),
          "LIST",
          "any",
          "Allowed models: ids such as openai/gpt-4o-mini, or all of an author as anthropic/*",
          "all models");

  /** The most that may be spent in a UTC day, in nano-dollars. */
  public static final Limit<Long> DAILY_CAP = cap("daily", "in a day (UTC)");

  /** The most that may be spent in a UTC week, from Monday, in nano-dollars. */
  public static final Limit<Long> WEEKLY_CAP = cap("weekly", "in a week from Monday (UTC)");

  /** The most that may be spent in a UTC month, in nano-dollars. */
  public static final Limit<Long> MONTHLY_CAP = cap("monthly", "in a month (UTC)");

  /** The most that may ever be spent, in nano-dollars. */
  public static final Limit<Long> TOTAL_CAP = cap("total", "in total");

  /** The limits of a key, in the order in which they are shown. */
  public static final List<Limit<?>> OF_KEY =
      List.of(DAILY_CAP, WEEKLY_CAP, MONTHLY_CAP, TOTAL_CAP);

  /** The limits of a project, in the order in which they are shown. */
  public static final List<Limit<?>> OF_PROJECT =
      List.of(RATE, CONCURRENCY, MODELS, DAILY_CAP, WEEKLY_CAP, MONTHLY_CAP, TOTAL_CAP);

  private static Limit<Long> cap(String name, String when) {
    return new Limit<>(
        name + "_cap",
        name + "_cap_nanos",
        LimitForm.DOLLARS,
        "USD",
        "none",
        "Maximum spending " + when + ", such as 5.00",
        "no cap");
  }

  /** The option of the command line, such as {@code --daily-cap}. */
  public String option() {
    return "--" + name.replace('_', '-');
  }

  /**
   * What the limit means, for people.
   *
   * @param none how its absence is written: null, or {@link #unset}
   */
  public String description(String none) {
    return meaning + "; " + none + ": " + otherwise + ".";
  }

  /**
   * Returns a value that is allowed.
   *
   * @throws IllegalArgumentException if it is out of range
   */
  T checked(T value) {
    if (!form.valid().test(value)) {
      throw new IllegalArgumentException(
          name + " is " + form.json().apply(value) + ", but must be " + form.range());
    }
    return value;
  }
}
