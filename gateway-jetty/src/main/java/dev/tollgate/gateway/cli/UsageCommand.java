package dev.tollgate.gateway.cli;

import dev.tollgate.gateway.admin.Fields;
import dev.tollgate.gateway.admin.ReportFields;
import dev.tollgate.gateway.admin.UsageReport;
import dev.tollgate.gateway.admin.UsageRequest;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "usage",
    description = {
      "Add up requests, tokens, cost, charge and refunds of one project or all projects.",
      "Without a time: of the last 7 days."
    })
final class UsageCommand implements Runnable {
  private static final Set<String> FORMATS = Set.of("", "table", "json", "csv");

  @ParentCommand private Main main;

  @Parameters(paramLabel = "NAME", arity = "0..1", description = "The project; without it: all.")
  private @Nullable String name;

  @Mixin private final TimeOptions time = new TimeOptions();

  @Option(
      names = "--by",
      paramLabel = "LIST",
      description =
          "What the rows differ in: project, key, model, user, day, or several of them, such as"
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
    UsageRequest request = new UsageRequest(name, time.request(), by);
    UsageReport report = Main.withAdmin((admin, config) -> admin.usage(request));
    switch (how) {
      case "" -> main.output().print(ReportFields.report(report));
      case "table" -> main.output(false).print(ReportFields.report(report));
      case "json" -> main.output(true).print(ReportFields.report(report));
      default -> main.output().printCsv(ReportFields.reportRow(report.blankRow()), rows(report));
    }
  }

  private static List<Fields> rows(UsageReport report) {
    return report.rows().stream().map(ReportFields::reportRow).toList();
  }
}
