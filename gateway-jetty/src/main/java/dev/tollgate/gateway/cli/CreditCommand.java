package dev.tollgate.gateway.cli;

import dev.tollgate.gateway.admin.Fields;
import dev.tollgate.gateway.ledger.Money;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(name = "credit", description = "Add to a project's balance, refund or correct.")
final class CreditCommand implements Runnable {
  @ParentCommand private Main main;

  @Parameters(index = "0", paramLabel = "NAME", description = "The project.")
  private String name;

  @Parameters(
      index = "1",
      paramLabel = "USD",
      description =
          "Amount, such as 10.00. A negative amount is a correction; it cannot take"
              + " back held money.")
  private String amount;

  @Option(names = "--note", paramLabel = "TEXT", defaultValue = "", description = "For people.")
  private String note;

  @Option(
      names = "--corrects",
      paramLabel = "ENTRY",
      description =
          "Id of the entry that this corrects, such as the charge of a refund. All corrections"
              + " of an entry together cannot exceed it.")
  private @Nullable String corrects;

  @Option(
      names = "--id",
      paramLabel = "ID",
      description = "Idempotency id: a repeat with the same id books nothing.")
  private @Nullable String id;

  @Override
  public void run() {
    var money = Main.read("USD", amount, Money::parse);
    main.print(
        admin -> Fields.credited(name, money, admin.credit(name, money, corrects, note, id)));
  }
}
