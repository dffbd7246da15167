package dev.tollgate.gateway.cli;

import dev.tollgate.gateway.admin.AdminService.Unsettled;
import dev.tollgate.gateway.admin.Fields;
import dev.tollgate.gateway.ledger.Hold;
import dev.tollgate.gateway.ledger.Money;
import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "ledger",
    description = "List ledger entries or unsettled requests; settle a request by hand.")
final class LedgerCommand implements Runnable {
  @ParentCommand private Main main;

  @Parameters(
      arity = "0..1",
      paramLabel = "NAME",
      description = "The project. Optional with --pending: all projects.")
  private @Nullable String name;

  @Mixin private final ListOptions list = new ListOptions();

  @Option(
      names = "--pending",
      description = "List the requests whose cost is not known yet, oldest first.")
  private boolean pending;

  @Override
  public void run() {
    if (pending) {
      main.printAll(admin -> admin.unsettled(name, list.limit), LedgerCommand::row);
      return;
    }
    String project = name;
    if (project == null) {
      throw new CliException("the NAME of a project is missing (see tollgate ledger --help)");
    }
    main.printAll(admin -> admin.entries(project, list.limit), Fields::entry);
  }

  /** The operator's decision about a hold. */
  static final class Decision {
    @Option(
        names = "--charge",
        required = true,
        paramLabel = "USD",
        description = "The amount to charge the project, such as 0.05.")
    private @Nullable String charge;

    @Option(
        names = "--release",
        required = true,
        description = "Charge nothing and release the held money.")
    private boolean release;
  }

  @Command(
      description = {
        "Settle a request whose cost is not known yet. This is final.",
        "A cost that the upstream reports later changes nothing."
      })
  void settle(
      @Parameters(paramLabel = "HOLD", description = "The hold's id, as ledger --pending lists it.")
          String hold,
      @ArgGroup(multiplicity = "1") Decision decision) {
    String amount = decision.charge;
    Money charge =
        decision.release || amount == null ? null : Main.read("--charge", amount, Money::parse);
    main.print(admin -> Fields.settled(admin.settle(hold, charge)));
  }

  private static Fields row(Unsettled unsettled) {
    Hold hold = unsettled.hold();
    Instant since = hold.pendingAt();
    return new Fields()
        .add("id", hold.id())
        .add("project_name", unsettled.projectName())
        .add("state", hold.state().name().toLowerCase(Locale.ROOT))
        .add("held", hold.amount())
        .add("reason", hold.reason())
        .add("generation_id", hold.generationId())
        .add("since", since == null ? hold.request().at() : since)
        .add("attempts", hold.attempts())
        .add("next_ask_at", hold.nextAskAt());
  }
}
