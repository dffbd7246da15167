package dev.tollgate.gateway.cli;

import dev.tollgate.gateway.admin.AdminService.Unsettled;
import dev.tollgate.gateway.ledger.Entry;
import dev.tollgate.gateway.ledger.Flag;
import dev.tollgate.gateway.ledger.Hold;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(name = "ledger", description = "List a project's entries, or what is not settled yet.")
final class LedgerCommand implements Runnable {
  @ParentCommand private Main main;

  @Parameters(
      arity = "0..1",
      paramLabel = "NAME",
      description = "The project. With --pending it may be left out: all projects.")
  private @Nullable String name;

  @Option(
      names = "--limit",
      paramLabel = "COUNT",
      defaultValue = "50",
      description = "So many at most. Default: 50.")
  private int limit;

  @Option(
      names = "--pending",
      description = "The requests whose cost is not known yet, oldest first.")
  private boolean pending;

  @Override
  public void run() {
    if (pending) {
      Main.withAdmin(
          admin ->
              main.output()
                  .print(admin.unsettled(name, limit).stream().map(LedgerCommand::row).toList()));
      return;
    }
    String project = name;
    if (project == null) {
      throw new CliException("the NAME of a project is missing (see tollgate ledger --help)");
    }
    Main.withAdmin(
        admin ->
            main.output()
                .print(admin.entries(project, limit).stream().map(LedgerCommand::row).toList()));
  }

  static Map<String, @Nullable Object> row(Entry entry) {
    Map<String, @Nullable Object> row = Output.fields();
    row.put("at", entry.at().toString());
    row.put("id", entry.id());
    row.put("kind", entry.kind().toString());
    row.put("amount", entry.amount().toString());
    row.put("cost", entry.cost().toString());
    row.put("overrun", entry.overrun().toString());
    row.put("flags", entry.flags().stream().sorted().map(Flag::toString).toList());
    row.put("literal", entry.literal());
    row.put("model", entry.model());
    row.put("generation_id", entry.generationId());
    UsageCommand.putTokens(row, entry.tokens());
    row.put("key_id", entry.keyId());
    row.put("note", entry.note());
    return row;
  }

  private static Map<String, @Nullable Object> row(Unsettled unsettled) {
    Hold hold = unsettled.hold();
    Instant since = hold.pendingAt();
    Instant next = hold.nextAskAt();
    Map<String, @Nullable Object> row = Output.fields();
    row.put("id", hold.id());
    row.put("project_name", unsettled.projectName());
    row.put("state", hold.state().name().toLowerCase(Locale.ROOT));
    row.put("held", hold.amount().toString());
    row.put("reason", hold.reason());
    row.put("generation_id", hold.generationId());
    row.put("since", (since == null ? hold.request().at() : since).toString());
    row.put("attempts", hold.attempts());
    row.put("next_ask_at", next == null ? null : next.toString());
    return row;
  }
}
