package dev.tollgate.gateway.cli;

import dev.tollgate.gateway.admin.AdminService;
import dev.tollgate.gateway.admin.Checkup;
import dev.tollgate.gateway.admin.Drift;
import dev.tollgate.gateway.admin.Fields;
import dev.tollgate.gateway.admin.ResultTable;
import dev.tollgate.gateway.config.GatewayConfig;
import dev.tollgate.gateway.ledger.Entry;
import dev.tollgate.gateway.ledger.Reports.Violation;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "check",
    description = {
      "Add up the books of all projects, beside a running server.",
      "Exit code 0: all is well; 1: something does not add up; 2: the check could not be made."
    })
final class CheckCommand implements Callable<Integer> {
  private static final int EXIT_WELL = 0;
  private static final int EXIT_NOT_WELL = 1;

  @ParentCommand private Main main;

  @Option(
      names = "--drift",
      description =
          "Compare with what the upstream says was spent with each of its keys, too."
              + " The first time, its figures are only remembered.")
  private boolean drift;

  @Option(
      names = "--new-baseline",
      description = "Remember the upstream's figures anew, and compare from there on.")
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

    Map<String, @Nullable Object> fields = Fields.fields();
    fields.put("ok", well);
    fields.put("pending", pending(checkup));
    fields.put("unresolved", checkup.unresolved());
    fields.put(
        "violations",
        new ResultTable(checkup.violations().stream().map(v -> row(v, names)).toList()));
    if (checkup.unresolved() > 0) {
      fields.put(
          "latest_unresolved",
          new ResultTable(
              checkup.latestUnresolved().stream().map(entry -> row(entry, names)).toList()));
    }
    if (drift || newBaseline) {
      fields.put("drift", new ResultTable(drifts.stream().map(CheckCommand::row).toList()));
    }
    main.output().print(fields);
    return well ? EXIT_WELL : EXIT_NOT_WELL;
  }

  private static Map<String, @Nullable Object> pending(Checkup checkup) {
    Map<String, @Nullable Object> fields = Fields.fields();
    fields.put("open", checkup.open());
    fields.put("pending", checkup.pending());
    fields.put("held", checkup.held().toString());
    fields.put("oldest_pending", text(checkup.oldestPending()));
    return fields;
  }

  private static Map<String, @Nullable Object> row(Violation violation, Map<String, String> names) {
    Map<String, @Nullable Object> row = Fields.fields();
    row.put("rule", violation.rule());
    row.put("project_name", name(violation.projectId(), names));
    row.put("id", violation.id());
    row.put("detail", violation.detail());
    return row;
  }

  private static Map<String, @Nullable Object> row(Entry entry, Map<String, String> names) {
    Map<String, @Nullable Object> row = Fields.fields();
    row.put("at", entry.at().toString());
    row.put("project_name", name(entry.projectId(), names));
    row.put("id", entry.id());
    row.put("charge", entry.amount().toString());
    row.put("model", entry.model());
    row.put("generation_id", entry.generationId());
    return row;
  }

  private static String name(String projectId, Map<String, String> names) {
    return names.getOrDefault(projectId, projectId);
  }

  private static Map<String, @Nullable Object> row(Drift drift) {
    boolean compared = drift.result() == Drift.Result.SAME || drift.result() == Drift.Result.DRIFT;
    Map<String, @Nullable Object> row = Fields.fields();
    row.put("upstream_key_id", drift.upstreamKeyId());
    row.put("result", drift.result().name().toLowerCase(Locale.ROOT));
    row.put("since", text(drift.since()));
    row.put("upstream", compared ? drift.upstream().toPlainString() : null);
    row.put("captured", compared ? drift.captured().toString() : null);
    row.put("difference", compared ? drift.difference().toPlainString() : null);
    row.put("charges", compared ? drift.charges() : null);
    row.put("unsettled", drift.unsettled());
    row.put("unresolved", drift.unresolved());
    row.put("note", note(drift));
    return row;
  }

  private static String note(Drift drift) {
    String theirs =
        drift.unsettled() == 0
            ? ""
            : "; " + drift.unsettled() + " unsettled: a difference may be theirs";
    return switch (drift.result()) {
      case NEW_BASELINE -> "baseline taken, nothing compared yet" + theirs;
      case SAME -> "";
      case DRIFT ->
          drift.unsettled() > 0
              ? "the difference may be of the requests that are unsettled"
              : "look again in some minutes: the upstream's figure lags";
      case NOT_ASKED -> "the upstream cannot be asked: " + drift.reason();
    };
  }

  private static @Nullable String text(@Nullable Instant instant) {
    return instant == null ? null : instant.toString();
  }
}
