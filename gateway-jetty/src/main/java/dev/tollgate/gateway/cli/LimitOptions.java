package dev.tollgate.gateway.cli;

import dev.tollgate.gateway.account.ModelList;
import dev.tollgate.gateway.account.RatePolicy;
import dev.tollgate.gateway.account.SpendingCaps;
import dev.tollgate.gateway.admin.CapsChange;
import dev.tollgate.gateway.admin.Change;
import dev.tollgate.gateway.admin.LimitsChange;
import dev.tollgate.gateway.ledger.Money;
import java.util.Arrays;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Command-line options for the limits of a project or a key. */
final class LimitOptions {
  private LimitOptions() {}

  /** Caps of a project or a key. */
  static final class Caps {
    @Option(
        names = "--daily-cap",
        paramLabel = "USD",
        description = "The most that may be spent in a day (UTC), such as 5.00; none: no cap.")
    private @Nullable String daily;

    @Option(
        names = "--monthly-cap",
        paramLabel = "USD",
        description = "The most that may be spent in a month (UTC), such as 100; none: no cap.")
    private @Nullable String monthly;

    CapsChange change() {
      return new CapsChange(
          LimitOptions.change("--daily-cap", daily, "none", Money::parse),
          LimitOptions.change("--monthly-cap", monthly, "none", Money::parse));
    }

    /** The caps of a new key. */
    SpendingCaps caps() {
      CapsChange change = change();
      return new SpendingCaps(nanos(change.daily().value()), nanos(change.monthly().value()));
    }

    private static @Nullable Long nanos(@Nullable Money cap) {
      return cap == null ? null : Long.valueOf(cap.nanos());
    }
  }

  /** Limits of a project. */
  static final class Project {
    @Option(
        names = "--rate",
        paramLabel = "RATE",
        description =
            "How many requests it may make: "
                + RatePolicy.FORM
                + "; default: what the operator has set for all.")
    private @Nullable String rate;

    @Option(
        names = "--concurrency",
        paramLabel = "COUNT",
        description =
            "How many requests it may have open at once; off: any number;"
                + " default: what the operator has set for all.")
    private @Nullable String concurrency;

    @Option(
        names = "--models",
        paramLabel = "LIST",
        description =
            "Which models it may ask for, separated by commas, such as"
                + " openai/gpt-4o-mini,anthropic/*; any: all there are.")
    private @Nullable String models;

    LimitsChange change(Caps caps) {
      return new LimitsChange(
          LimitOptions.change("--rate", rate, "default", RatePolicy::parse),
          LimitOptions.change("--concurrency", concurrency, "default", Project::count),
          LimitOptions.change("--models", models, "any", Project::list),
          caps.change());
    }

    private static Integer count(String text) {
      if (text.equals("off")) {
        return 0;
      }
      if (!text.matches("[1-9][0-9]{0,8}")) {
        throw new IllegalArgumentException(
            "a number of open requests is from 1 to 999999999, off or default");
      }
      return Integer.valueOf(text);
    }

    private static ModelList list(String text) {
      return new ModelList(Arrays.asList(text.split(",", -1)));
    }
  }

  /**
   * @param back the word that removes the present value
   */
  private static <T> Change<T> change(
      String option, @Nullable String text, String back, Function<String, T> read) {
    if (text == null) {
      return Change.none();
    }
    if (text.equals(back)) {
      return Change.back();
    }
    try {
      return Change.to(read.apply(text));
    } catch (IllegalArgumentException e) {
      throw new CliException(option + " '" + text + "': " + e.getMessage(), e);
    }
  }
}
