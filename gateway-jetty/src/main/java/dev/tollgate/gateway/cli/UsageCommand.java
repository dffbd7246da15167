package dev.tollgate.gateway.cli;

import dev.tollgate.gateway.admin.Fields;
import dev.tollgate.gateway.admin.UsageReport;
import dev.tollgate.gateway.admin.UsageRequest;
import dev.tollgate.gateway.config.Durations;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "usage",
    description = "Add up requests, tokens, cost and charge of one project or all projects.")
final class UsageCommand implements Runnable {
  private static final Set<String> FORMATS = Set.of("", "table", "json", "csv");

  @ParentCommand private Main main;

  @Parameters(paramLabel = "NAME", arity = "0..1", description = "The project; without it: all.")
  private @Nullable String name;

  @Option(
      names = "--since",
      paramLabel = "TIME",
      description = "How far to look back: " + Durations.FORM + ". Default: 7d.")
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
      description = "A date or a time; the report ends before it. Default: no end.")
  private @Nullable String to;

  @Option(
      names = "--by",
      paramLabel = "LIST",
      description =
          "What the rows differ in: project, key, model, day, or several of them, such as"
              + " key,model. Default: model for one project, else project.")
  private @Nullable String by;

  @Option(
      names = "--format",
      paramLabel = "table|json|csv",
      description = "How to print the report. Default: table.")
  private @Nullable String format;

  @Override
  public void run() {
    String how = format == null ? "" : format;
    if (!FORMATS.contains(how)) {
      throw new CliException("--format '" + how + "': must be table, json or csv");
    }
    Duration span = since == null ? null : Main.read("--since", since, Durations::parse);
    UsageRequest request = new UsageRequest(name, span, month, from, to, by);
    UsageReport report = Main.withAdmin((admin, config) -> admin.usage(request));
    switch (how) {
      case "" -> main.output().print(Fields.report(report));
      case "table" -> main.output(false).print(Fields.report(report));
      case "json" -> main.output(true).print(Fields.report(report));
      default -> main.output().printCsv(Fields.reportRow(report.blankRow()), rows(report));
    }
  }

  private static List<Fields> rows(UsageReport report) {
    return report.rows().stream().map(Fields::reportRow).toList();
  }
}
