package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.ledger.Reports.Violation;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The proof that a copy of a database is complete: figures of both sides, and {@code check}. Memory
 * grows with the number of projects, not with that of entries.
 *
 * @param tables the copied tables
 * @param now the time for {@code check}
 * @param maxDelay as for {@link dev.tollgate.gateway.ledger.Reports#violations}
 */
record CopyProof(List<TableCopy> tables, Instant now, Duration maxDelay) {
  private static final int MAX_DIFFERENCES = 20;

  private static final String BALANCES =
      "SELECT 'project ' || id AS subject, 'credits ' || credits_nanos || ', charges '"
          + " || charges_nanos || ', held ' || held_nanos || ', available '"
          + " || (credits_nanos - charges_nanos - held_nanos) AS figure FROM project";

  private static final String ENTRIES =
      "SELECT kind || ' entries of project ' || project_id AS subject, 'count ' || count(*)"
          + sum("amount_nanos")
          + sum("cost_nanos")
          + sum("overrun_nanos")
          + sum("refund_nanos")
          + " AS figure FROM ledger_entry GROUP BY kind, project_id";

  private static final String HOLDS =
      "SELECT state || ' holds of project ' || project_id AS subject, 'count ' || count(*)"
          + sum("amount_nanos")
          + sum("placed_nanos")
          + " AS figure FROM hold GROUP BY state, project_id";

  private static String sum(String column) {
    return " || ', %s ' || %s"
        .formatted(column.replace("_nanos", ""), LedgerInvariants.total(column));
  }

  /** The rows of the target that violate a rule of {@code check}. */
  List<DatabaseCopy.Difference> violations(SqlSession target) throws SQLException {
    return JdbcReports.violations(target, now, maxDelay).stream()
        .map(CopyProof::difference)
        .toList();
  }

  private static DatabaseCopy.Difference difference(Violation violation) {
    return new DatabaseCopy.Difference(
        "check of project %s %s".formatted(violation.projectId(), violation.id()).strip(),
        "no violation",
        violation.rule() + ": " + violation.detail());
  }

  /** The figures that differ between the two sides; if there are very many, only the first. */
  List<DatabaseCopy.Difference> differences(SqlSession source, SqlSession target)
      throws SQLException {
    Map<String, String> there = figures(source);
    Map<String, String> here = figures(target);
    TreeSet<String> subjects = new TreeSet<>(there.keySet());
    subjects.addAll(here.keySet());
    List<DatabaseCopy.Difference> differences = new ArrayList<>();
    for (String subject : subjects) {
      String before = there.getOrDefault(subject, "none");
      String after = here.getOrDefault(subject, "none");
      if (!before.equals(after)) {
        differences.add(new DatabaseCopy.Difference(subject, before, after));
      }
    }
    return differences.subList(0, Math.min(differences.size(), MAX_DIFFERENCES));
  }

  private Map<String, String> figures(SqlSession sql) throws SQLException {
    Map<String, String> figures = new TreeMap<>();
    for (TableCopy copy : tables) {
      figures.put("rows of table " + copy.table(), String.valueOf(rows(sql, copy.table())));
    }
    for (String query : List.of(BALANCES, ENTRIES, HOLDS)) {
      sql.query(query).forEach(row -> figures.put(row.text("subject"), row.text("figure")));
    }
    return figures;
  }

  static long rows(SqlSession sql, String table) throws SQLException {
    return sql.composed("SELECT count(*) AS total FROM " + table).one(row -> row.number("total"));
  }
}
