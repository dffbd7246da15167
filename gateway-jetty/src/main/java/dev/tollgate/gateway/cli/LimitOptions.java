package dev.tollgate.gateway.cli;

import dev.tollgate.gateway.account.Limit;
import dev.tollgate.gateway.admin.LimitsChange;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Spec;

/** Command-line options for the limits of a project or a key, one for each limit of the table. */
abstract class LimitOptions {
  /** The limits of a project. */
  @Command
  static final class OfProject extends LimitOptions {
    OfProject() {
      super(Limit.OF_PROJECT);
    }
  }

  /** The limits of a key. */
  @Command
  static final class OfKey extends LimitOptions {
    OfKey() {
      super(Limit.OF_KEY);
    }
  }

  private final Map<Limit<?>, OptionSpec> options = new LinkedHashMap<>();

  private LimitOptions(List<Limit<?>> limits) {
    limits.forEach(limit -> options.put(limit, option(limit)));
  }

  private static OptionSpec option(Limit<?> limit) {
    return OptionSpec.builder(limit.option())
        .paramLabel(limit.label())
        .type(String.class)
        .description(limit.description(limit.unset()))
        .build();
  }

  /** Called by picocli when the options are mixed into a command. */
  @Spec(Spec.Target.MIXEE)
  void addTo(CommandSpec command) {
    options.values().forEach(command::addOption);
  }

  /** The change that the given options make. */
  LimitsChange change() {
    LimitsChange change = LimitsChange.NONE;
    for (Map.Entry<Limit<?>, OptionSpec> each : options.entrySet()) {
      change = add(change, each.getKey(), each.getValue().getValue());
    }
    return change;
  }

  private static <T> LimitsChange add(LimitsChange change, Limit<T> limit, @Nullable String text) {
    if (text == null) {
      return change;
    }
    return text.equals(limit.unset())
        ? change.clear(limit)
        : change.set(limit, Main.read(limit.option(), text, limit.form().parse()));
  }
}
