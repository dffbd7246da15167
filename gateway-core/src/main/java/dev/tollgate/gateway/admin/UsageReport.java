package dev.tollgate.gateway.admin;

import dev.tollgate.gateway.ledger.Reports.Usage;
import dev.tollgate.gateway.ledger.UsageQuery.Dimension;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What was used and charged in a time.
 *
 * @param time the time of the charges
 * @param by what the rows differ in
 * @param rows by day if asked for, and then the highest charge first
 */
public record UsageReport(TimeSpan time, List<Dimension> by, List<Row> rows) {
  /**
   * A row of the report.
   *
   * @param labels the names to show, such as {@code project_name}, in their order
   */
  public record Row(Map<String, String> labels, Usage usage) {}

  /** Copies the lists. */
  public UsageReport {
    by = List.copyOf(by);
    rows = List.copyOf(rows);
  }

  /** A row of nothing, with the labels of each row. */
  public Row blankRow() {
    Map<String, String> labels = new LinkedHashMap<>();
    by.forEach(each -> UsageLabels.namesOf(each).forEach(name -> labels.put(name, "")));
    return new Row(labels, Usage.NONE);
  }

  /** The total over all rows. */
  public Usage total() {
    return rows.stream().map(Row::usage).reduce(Usage.NONE, Usage::plus);
  }
}
