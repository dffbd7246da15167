package dev.tollgate.gateway.admin;

import dev.tollgate.gateway.ledger.Reports.Usage;
import dev.tollgate.gateway.ledger.UsageQuery.Dimension;

/** Turns reports of usage into {@link Fields}. */
public final class ReportFields {
  private ReportFields() {}

  /** A project's usage. */
  public static Fields usage(String projectName, UsageReport report) {
    Fields fields =
        new Fields().add("project_name", projectName).add("since", report.time().from());
    return add(fields, report.total())
        .add("models", ResultTable.of(report.rows(), ReportFields::reportRow));
  }

  /** A usage report of any grouping. */
  public static Fields report(UsageReport report) {
    Fields fields =
        new Fields()
            .add("from", report.time().from())
            .add("to", report.time().to())
            .add("by", report.by().stream().map(Dimension::toString).toList());
    return add(fields, report.total())
        .add("rows", ResultTable.of(report.rows(), ReportFields::reportRow));
  }

  /** What a project does right now. */
  public static Fields activity(Activity activity) {
    return new Fields()
        .add("project_name", activity.projectName())
        .add("requests", activity.recent().requests())
        .add("cost", activity.recent().cost())
        .add("charge", activity.recent().charge())
        .add("open", activity.now().open())
        .add("pending", activity.now().pending())
        .add("held", activity.now().held());
  }

  /** A row of a usage report. */
  public static Fields reportRow(UsageReport.Row row) {
    return add(labels(row), row.usage());
  }

  private static Fields labels(UsageReport.Row row) {
    Fields fields = new Fields();
    row.labels().forEach(fields::add);
    return fields;
  }

  private static Fields add(Fields fields, Usage usage) {
    return fields
        .add("requests", usage.requests())
        .add(usage.tokens())
        .add("cost", usage.cost())
        .add("charge", usage.charge())
        .add("refunded", usage.refunded())
        .add("margin", usage.charge().minusSaturated(usage.refunded()).minusSaturated(usage.cost()))
        .add("unresolved", usage.unresolved());
  }
}
