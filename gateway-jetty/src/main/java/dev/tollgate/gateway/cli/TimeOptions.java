package dev.tollgate.gateway.cli;

import dev.tollgate.gateway.admin.TimeRequest;
import dev.tollgate.gateway.config.Durations;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of commands that report about a time. */
final class TimeOptions {
  @Option(
      names = "--since",
      paramLabel = "TIME",
      description = "How far to look back: " + Durations.FORM + ".")
  private @Nullable String since;

  @Option(names = "--month", paramLabel = "MONTH", description = "A month of UTC, such as 2026-11.")
  private @Nullable String month;

  @Option(
      names = "--from",
      paramLabel = "TIME",
      description = "A date of UTC such as 2026-11-30, or a time such as 2026-11-30T12:00:00Z.")
  private @Nullable String from;

  @Option(
      names = "--to",
      paramLabel = "TIME",
      description = "A date or a time; only what is earlier counts. Default: no end.")
  private @Nullable String to;

  TimeRequest request() {
    return new TimeRequest(
        since == null ? null : Main.read("--since", since, Durations::parse), month, from, to);
  }
}
