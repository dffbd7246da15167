package dev.tollgate.gateway.cli;

import dev.tollgate.gateway.admin.EntryExport.Format;
import dev.tollgate.gateway.admin.EntryRequest;
import dev.tollgate.gateway.admin.Fields;
import dev.tollgate.gateway.admin.ResultTable;
import dev.tollgate.gateway.admin.Unsettled;
import dev.tollgate.gateway.ledger.Hold;
import dev.tollgate.gateway.ledger.Money;
import java.time.Instant;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

@Command(
    name = "ledger",
    description = "List ledger entries or unsettled requests; settle a request by hand.")
final class LedgerCommand implements Runnable {
  private static final int DEFAULT_LIMIT = 50;

  /** The options of its own that {@code --pending} heeds, itself among them. */
  private static final Set<String> WITH_PENDING = Set.of("--pending", "--limit");

  @ParentCommand private Main main;

  @Spec private CommandSpec spec;

  @Parameters(
      arity = "0..1",
      paramLabel = "NAME",
      description = "The project. Optional with --pending, --after, jsonl and csv: all projects.")
  private @Nullable String name;

  @Option(
      names = "--limit",
      paramLabel = "COUNT",
      description = "Maximum number of rows. Default: 50; in the order of booking, all.")
  private @Nullable Integer limit;

  @Option(
      names = "--pending",
      description =
          "List the requests whose cost is not known yet, oldest first. Combines only"
              + " with NAME and --limit.")
  private boolean pending;

  @Mixin private final TimeOptions time = new TimeOptions();

  @Option(
      names = "--kind",
      paramLabel = "KIND",
      description = "Only entries of this kind: credit, charge, shortfall or late.")
  private @Nullable String kind;

  @Option(names = "--key", paramLabel = "KEYID", description = "Only requests with this key.")
  private @Nullable String key;

  @Option(names = "--model", paramLabel = "MODEL", description = "Only requests to this model.")
  private @Nullable String model;

  @Option(
      names = "--user",
      paramLabel = "USER",
      description = "Only requests of this user of the project.")
  private @Nullable String user;

  @Option(
      names = "--flag",
      paramLabel = "FLAG",
      description = "Only charges with this flag, such as estimated or unresolved.")
  private @Nullable String flag;

  @Option(
      names = "--after",
      paramLabel = "POSITION",
      description = {
        "Entries that were booked after this position, in the order of booking; 0: all.",
        "Continue from the output's last position: every later entry comes after it."
      })
  private @Nullable String after;

  @Option(
      names = "--format",
      paramLabel = "table|json|jsonl|csv",
      description = {
        "How to print the entries. Default: table; with --after, json.",
        "jsonl and csv print entries in the order of booking."
      })
  private @Nullable String format;

  @Override
  public void run() {
    if (pending) {
      refuseOthers();
      main.printAll(admin -> admin.unsettled(name, newest()), LedgerCommand::row);
      return;
    }
    String how = format == null ? "" : format;
    boolean table = how.equals("table");
    Format exported =
        how.isEmpty() || table ? Format.JSON : Main.read("--format", how, Format::parse);
    if (after == null && (table || exported == Format.JSON)) {
      printNewest(table ? main.output(false) : how.isEmpty() ? main.output() : main.output(true));
    } else if (table) {
      throw new CliException("--format 'table': must be json, jsonl or csv together with --after");
    } else {
      export(exported);
    }
  }

  /** Refuses options that select or print entries: {@code --pending} would ignore them. */
  private void refuseOthers() {
    String others =
        spec.commandLine().getParseResult().matchedOptions().stream()
            .filter(option -> !option.inherited())
            .map(OptionSpec::longestName)
            .filter(option -> !WITH_PENDING.contains(option))
            .collect(Collectors.joining(", "));
    if (!others.isEmpty()) {
      throw new ParameterException(
          spec.commandLine(),
          others + " cannot be used with --pending; allowed: NAME, --limit, --json, --wide");
    }
  }

  private void printNewest(Output output) {
    if (name == null) {
      throw new CliException(
          "the NAME of a project is missing; for the entries of all projects, give --after 0"
              + " (see tollgate ledger --help)");
    }
    output.print(
        ResultTable.of(
            Main.withAdmin((admin, config) -> admin.entries(request(), newest())), Fields::entry));
  }

  private void export(Format exported) {
    Long most = limit == null ? null : limit.longValue();
    var unused =
        Main.withAdmin(
            (admin, config) -> {
              main.output().print(admin.export(request(), after, most), exported);
              return true;
            });
  }

  private EntryRequest request() {
    return new EntryRequest(name, time.request(), kind, key, model, user, flag);
  }

  private int newest() {
    return limit == null ? DEFAULT_LIMIT : limit;
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
