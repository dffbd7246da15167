package dev.tollgate.gateway.cli;

import dev.tollgate.gateway.admin.UsageReport;
import dev.tollgate.gateway.config.Durations;
import dev.tollgate.gateway.ledger.Reports.Usage;
import dev.tollgate.gateway.ledger.Tokens;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(name = "usage", description = "Add up what a project used, by model.")
final class UsageCommand implements Runnable {
  @ParentCommand private Main main;

  @Parameters(paramLabel = "NAME", description = "The project.")
  private String name;

  @Option(
      names = "--since",
      paramLabel = "TIME",
      defaultValue = "7d",
      description = "How far to look back: " + Durations.FORM + ". Default: 7d.")
  private String since;

  @Override
  public void run() {
    Duration span = Main.duration("--since", since);
    Main.withAdmin(
        admin -> {
          UsageReport report = admin.usage(name, span);
          Map<String, @Nullable Object> fields = Output.fields();
          fields.put("project_name", name);
          fields.put("since", report.since().toString());
          putFigures(fields, report.total());
          fields.put(
              "models", new Output.Rows(report.models().stream().map(UsageCommand::row).toList()));
          main.output().print(fields);
        });
  }

  private static Map<String, @Nullable Object> row(Usage usage) {
    Map<String, @Nullable Object> row = Output.fields();
    row.put("model", usage.model());
    putFigures(row, usage);
    return row;
  }

  private static void putFigures(Map<String, @Nullable Object> fields, Usage usage) {
    fields.put("requests", usage.requests());
    putTokens(fields, usage.tokens());
    fields.put("cost", usage.cost().toString());
    fields.put("charge", usage.charge().toString());
  }

  /** Null where they are not known. */
  static void putTokens(Map<String, @Nullable Object> fields, Tokens tokens) {
    fields.put("prompt_tokens", tokens.prompt() == Tokens.UNKNOWN ? null : tokens.prompt());
    fields.put(
        "completion_tokens", tokens.completion() == Tokens.UNKNOWN ? null : tokens.completion());
  }
}
