package dev.tollgate.gateway.jdbc;

import static java.util.stream.Collectors.joining;

import dev.tollgate.gateway.ledger.Reports.Usage;
import dev.tollgate.gateway.ledger.UsageQuery;
import dev.tollgate.gateway.ledger.UsageQuery.Dimension;
import java.sql.SQLException;
import java.time.LocalDate;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Adds up the charges and refunds of a {@link UsageQuery}. Uses the index {@code
 * ledger_entry_by_time}.
 */
record UsageRows(Database database) {
  private static final String SUMS =
      "sum(CASE WHEN kind = 'charge' THEN 1 ELSE 0 END) AS charges, sum(CASE WHEN "
          + JdbcReports.UNRESOLVED
          + " THEN 1 ELSE 0 END) AS unresolved, "
          + Stream.of(TokenColumns.NAMES.split(", "))
              .map("coalesce(sum(CASE WHEN %1$s >= 0 THEN %1$s END), -1) AS %1$s"::formatted)
              .collect(joining(", "))
          + ", "
          + LedgerInvariants.total("cost_nanos")
          + " AS cost, "
          + LedgerInvariants.total("(CASE WHEN kind = 'charge' THEN amount_nanos ELSE 0 END)")
          + " AS charge, "
          + LedgerInvariants.total("refund_nanos")
          + " AS refunded";

  private static String column(Dimension dimension) {
    return switch (dimension) {
      case PROJECT -> "project_id";
      case KEY -> "key_id";
      case MODEL -> "model";
      case USER -> "end_user";
      case DAY -> "created_at / " + ClockInvariants.DAY_MILLIS;
    };
  }

  List<Usage> read(UsageQuery query) {
    List<Dimension> by = query.by().stream().sorted().toList();
    return database.snapshot(
        sql -> set(sql.query(text(query, by)), query).list(row -> usage(row, by)));
  }

  private static String text(UsageQuery query, List<Dimension> by) {
    StringBuilder text = new StringBuilder("SELECT ");
    by.forEach(each -> text.append(column(each)).append(" AS of_").append(each).append(", "));
    text.append(SUMS)
        .append(" FROM ledger_entry WHERE project_id ")
        // Of all projects too: the index begins with the project.
        .append(query.projectId() == null ? "IN (SELECT id FROM project)" : "= ?")
        .append(query.keyId() == null ? "" : " AND key_id = ?")
        .append(
            " AND (kind = 'charge' OR refund_nanos <> 0) AND created_at >= ? AND created_at < ?");
    if (!by.isEmpty()) {
      text.append(" GROUP BY ").append(by.stream().map(UsageRows::column).collect(joining(", ")));
    }
    text.append(" HAVING count(*) > 0 ORDER BY ");
    if (by.contains(Dimension.DAY)) {
      text.append("of_day, ");
    }
    text.append("charge DESC");
    by.forEach(each -> text.append(", of_").append(each));
    return text.append(" LIMIT ?").toString();
  }

  private static Query set(Query select, UsageQuery query) throws SQLException {
    if (query.projectId() != null) {
      select.text(query.projectId());
    }
    if (query.keyId() != null) {
      select.text(query.keyId());
    }
    select.time(query.from());
    if (query.to() == null) {
      select.number(Long.MAX_VALUE);
    } else {
      select.time(query.to());
    }
    return select.number(query.maxRows());
  }

  private static Usage usage(Row row, List<Dimension> by) throws SQLException {
    Map<Dimension, String> of = new EnumMap<>(Dimension.class);
    for (Dimension each : by) {
      String column = "of_" + each;
      of.put(
          each,
          each == Dimension.DAY
              ? LocalDate.ofEpochDay(row.number(column)).toString()
              : row.text(column));
    }
    return new Usage(
        of,
        row.number("charges"),
        row.number("unresolved"),
        TokenColumns.read(row),
        row.sum("cost"),
        row.sum("charge"),
        row.sum("refunded"));
  }
}
