package dev.tollgate.gateway.cli;

import dev.tollgate.gateway.admin.AdminService;
import dev.tollgate.gateway.admin.Checkup;
import dev.tollgate.gateway.admin.Drift;
import dev.tollgate.gateway.admin.Fields;
import dev.tollgate.gateway.admin.ResultTable;
import dev.tollgate.gateway.config.GatewayConfig;
import dev.tollgate.gateway.ledger.Entry;
import dev.tollgate.gateway.ledger.Reports.Violation;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "check",
    description = {
      "Check the ledger of all projects. Servers may be running.",
      "Exit code 0: no problem found; 1: a problem was found; 2: the check could not run."
    })
final class CheckCommand implements Callable<Integer> {
  private static final int EXIT_WELL = 0;
  private static final int EXIT_NOT_WELL = 1;

  @ParentCommand private Main main;

  @Option(
      names = "--drift",
      description =
          "Also compare with the upstream's spending figure for each of its keys. The first run"
              + " only stores the figures.")
  private boolean drift;

  @Option(
      names = "--new-baseline",
      description = "Store the upstream's present figures, and compare from there on.")
  private boolean newBaseline;

  @Override
  public Integer call() {
    return Main.withAdmin(this::check);
  }

  private int check(AdminService admin, GatewayConfig config) {
    Checkup checkup = admin.check(config.reconciler().longestDelay());
    Map<String, String> names = admin.projectNames();
    List<Drift> drifts =
        drift || newBaseline
            ? admin.drift(new HttpUpstreamSpending(config.target().baseUrl()), newBaseline)
            : List.of();
    boolean well = checkup.violations().isEmpty() && drifts.stream().allMatch(Drift::isHarmless);

    Fields fields =
        new Fields()
            .add("ok", well)
            .add("pending", pending(checkup))
            .add("unresolved", checkup.unresolved())
            .add("violations", ResultTable.of(checkup.violations(), each -> row(each, names)));
    if (checkup.unresolved() > 0) {
      fields.add(
          "latest_unresolved",
          ResultTable.of(checkup.latestUnresolved(), entry -> row(entry, names)));
    }
    if (drift || newBaseline) {
      fields.add("drift", ResultTable.of(drifts, CheckCommand::row));
    }
    main.output().print(fields);
    return well ? EXIT_WELL : EXIT_NOT_WELL;
  }

  private static Fields pending(Checkup checkup) {
    return new Fields()
        .add("open", checkup.open())
        .add("pending", checkup.pending())
        .add("held", checkup.held())
        .add("oldest_pending", checkup.oldestPending());
  }

  private static Fields row(Violation violation, Map<String, String> names) {
    return new Fields()
        .add("rule", violation.rule())
        .add("project_name", name(violation.projectId(), names))
        .add("id", violation.id())
        .add("detail", violation.detail());
  }

  private static Fields row(Entry entry, Map<String, String> names) {
    return new Fields()
        .add("at", entry.at())
        .add("project_name", name(entry.projectId(), names))
        .add("id", entry.id())
        .add("charge", entry.amount())
        .add("model", entry.model())
        .add("generation_id", entry.generationId());
  }

  private static String name(String projectId, Map<String, String> names) {
    return names.getOrDefault(projectId, projectId);
  }

  private static Fields row(Drift drift) {
    boolean compared = drift.result() == Drift.Result.SAME || drift.result() == Drift.Result.DRIFT;
    return new Fields()
        .add("upstream_key_id", drift.upstreamKeyId())
        .add("result", drift.result().name().toLowerCase(Locale.ROOT))
        .add("since", drift.since())
        .add("upstream", compared ? drift.upstream().toPlainString() : null)
        .add("captured", compared ? drift.captured() : null)
        .add("difference", compared ? drift.difference().toPlainString() : null)
        .add("charges", compared ? drift.charges() : null)
        .add("unsettled", drift.unsettled())
        .add("unresolved", drift.unresolved())
        .add("note", note(drift));
  }

  private static String note(Drift drift) {
    String theirs =
        drift.unsettled() == 0
            ? ""
            : "; " + drift.unsettled() + " unsettled requests may explain a difference";
    return switch (drift.result()) {
      case NEW_BASELINE -> "baseline taken, nothing compared yet" + theirs;
      case SAME -> "";
      case DRIFT ->
          drift.unsettled() > 0
              ? "unsettled requests may explain the difference"
              : "check again in a few minutes: the upstream's figure lags";
      case NOT_ASKED -> "the upstream gave no figure: " + drift.reason();
    };
  }
}
