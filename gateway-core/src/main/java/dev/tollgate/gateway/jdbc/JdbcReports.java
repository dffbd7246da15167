package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.ledger.Entry;
import dev.tollgate.gateway.ledger.Hold;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Reports;
import java.math.BigDecimal;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * What the books in the database say. Each report reads the database at one moment, whatever is
 * being written beside it.
 */
final class JdbcReports implements Reports {
  private static final String UNRESOLVED = "kind = 'charge' AND flags LIKE '%unresolved%'";
  private static final BigDecimal MOST = BigDecimal.valueOf(Long.MAX_VALUE);
  private static final BigDecimal LEAST = BigDecimal.valueOf(Long.MIN_VALUE);

  private final Database database;

  JdbcReports(Database database) {
    this.database = database;
  }

  /** Reads one row. */
  private interface Reader<T> {
    T read(ResultSet row) throws SQLException;
  }

  private <T> List<T> list(Reader<T> reader, String query, Object... arguments) {
    return database.snapshot(
        connection -> {
          try (PreparedStatement select = connection.prepareStatement(query)) {
            for (int i = 0; i < arguments.length; i++) {
              Statements.setValue(select, i + 1, arguments[i]);
            }
            List<T> rows = new ArrayList<>();
            try (ResultSet row = select.executeQuery()) {
              while (row.next()) {
                rows.add(reader.read(row));
              }
            }
            return rows;
          }
        });
  }

  @Override
  public List<Entry> entries(String projectId, int limit) {
    return entries("", projectId, limit);
  }

  @Override
  public List<Entry> credits(String projectId, int limit) {
    return entries(" AND kind = 'credit'", projectId, limit);
  }

  @Override
  public Optional<Entry> entry(String projectId, String id) {
    return list(
            Books::entry,
            "SELECT " + Books.ENTRY + " FROM ledger_entry WHERE project_id = ? AND id = ?",
            projectId,
            id)
        .stream()
        .findFirst();
  }

  @Override
  public Optional<Hold> hold(String id) {
    return list(Books::hold, Books.holds("WHERE id = ? AND " + Rules.READABLE_HOLD), id).stream()
        .findFirst();
  }

  private List<Entry> entries(String which, String projectId, int limit) {
    try {
      return list(
          Books::entry,
          "SELECT "
              + Books.ENTRY
              + " FROM ledger_entry WHERE project_id = ?"
              + which
              + " ORDER BY created_at DESC, id DESC LIMIT ?",
          projectId,
          limit);
    } catch (IllegalArgumentException e) {
      // Nothing may be missing from a list of entries, and nobody wonders why.
      throw new DatabaseException(
          "an entry of project " + projectId + " cannot be read; see check", e);
    }
  }

  @Override
  public List<Usage> usage(String projectId, Instant since) {
    return list(
        row ->
            new Usage(
                row.getString(1),
                row.getLong(2),
                Books.tokens(row, 3),
                money(row, 8),
                money(row, 9)),
        """
        SELECT model, count(*),
          %s, %s, %s, %s, %s, %s, %s AS charge
        FROM ledger_entry WHERE project_id = ? AND kind = 'charge' AND created_at >= ?
        GROUP BY model ORDER BY charge DESC, model"""
            .formatted(
                known("prompt_tokens"),
                known("cached_tokens"),
                known("cache_write_tokens"),
                known("completion_tokens"),
                known("reasoning_tokens"),
                Rules.total("cost_nanos"),
                Rules.total("amount_nanos")),
        projectId,
        since.toEpochMilli());
  }

  /** The sum of those that are known. */
  private static String known(String tokens) {
    return "coalesce(sum(CASE WHEN %1$s >= 0 THEN %1$s END), -1)".formatted(tokens);
  }

  /** Holds that cannot be read are among the {@link #violations}. */
  @Override
  public List<Hold> unsettled(int limit) {
    return list(
        Books::hold,
        Books.holds(
            "WHERE state IN ('open', 'pending') AND "
                + Rules.READABLE_HOLD
                + " ORDER BY created_at, id LIMIT ?"),
        limit);
  }

  @Override
  public HoldCounts holdCounts(Instant now, List<Duration> ages, int limit) {
    StringBuilder age = new StringBuilder("CASE");
    List<Object> arguments = new ArrayList<>();
    for (int i = 0; i < ages.size(); i++) {
      age.append(" WHEN created_at > ? THEN ").append(i);
      arguments.add(now.minus(ages.get(i)).toEpochMilli());
    }
    age.append(" ELSE ").append(ages.size()).append(" END");
    arguments.add(limit);
    Long[] open = new Long[ages.size() + 1];
    Arrays.fill(open, 0L);
    long pending = 0;
    record Count(String state, int age, long holds) {}
    List<Count> counts =
        list(
            row -> new Count(row.getString(1), row.getInt(2), row.getLong(3)),
            """
            SELECT state, age, count(*) FROM (
              SELECT state, %s AS age FROM hold WHERE state IN ('open', 'pending') LIMIT ?) h
            GROUP BY state, age"""
                .formatted(age),
            arguments.toArray());
    for (Count count : counts) {
      if (count.state.equals("open")) {
        open[count.age] = count.holds;
      } else {
        pending += count.holds;
      }
    }
    return new HoldCounts(List.of(open), pending);
  }

  /** Entries that cannot be read are among the {@link #violations}. */
  @Override
  public List<Entry> unresolved(int limit) {
    return list(
        Books::entry,
        "SELECT "
            + Books.ENTRY
            + " FROM ledger_entry WHERE "
            + UNRESOLVED
            + " AND "
            + Rules.READABLE_ENTRY
            + " ORDER BY created_at DESC, id DESC LIMIT ?",
        limit);
  }

  @Override
  public List<Violation> violations(Instant now, Duration maxDelay) {
    return database.snapshot(
        connection -> {
          List<Violation> found = Rules.check(connection);
          found.addAll(TimeRules.check(connection, database.dialect(), now, maxDelay));
          return found;
        });
  }

  @Override
  public List<Spending> spending() {
    return list(
        row ->
            new Spending(
                row.getString(1), money(row, 2), row.getLong(3), row.getLong(4), row.getLong(5)),
        """
        SELECT id, sum(captured), sum(charges), sum(unsettled), sum(unresolved) FROM (
          SELECT id, 0 AS captured, 0 AS charges, 0 AS unsettled, 0 AS unresolved FROM upstream_key
          UNION ALL
          SELECT upstream_key_id, %s, count(*), 0, sum(CASE WHEN %s THEN 1 ELSE 0 END)
          FROM ledger_entry WHERE kind = 'charge' GROUP BY upstream_key_id
          UNION ALL
          SELECT upstream_key_id, 0, 0, count(*), 0
          FROM hold WHERE state IN ('open', 'pending') GROUP BY upstream_key_id) s
        GROUP BY id ORDER BY id"""
            .formatted(Rules.total("cost_nanos"), UNRESOLVED));
  }

  /** More than can be counted is in no books that keep the rules; then the most there is. */
  private static Money money(ResultSet row, int column) throws SQLException {
    BigDecimal sum = new BigDecimal(row.getString(column));
    return new Money(sum.min(MOST).max(LEAST).longValue());
  }

  @Override
  public Optional<Baseline> baseline(String upstreamKeyId) {
    return list(
            row ->
                new Baseline(
                    new BigDecimal(row.getString(1)),
                    new Money(row.getLong(2)),
                    row.getLong(3),
                    Instant.ofEpochMilli(row.getLong(4))),
            "SELECT baseline_usage, baseline_nanos, baseline_charges, baseline_at"
                + " FROM upstream_key WHERE id = ? AND baseline_usage IS NOT NULL",
            upstreamKeyId)
        .stream()
        .findFirst();
  }

  @Override
  public void setBaseline(String upstreamKeyId, Baseline baseline) {
    int changed =
        database.write(
            connection -> {
              try (PreparedStatement update =
                  connection.prepareStatement(
                      "UPDATE upstream_key SET baseline_usage = ?, baseline_nanos = ?,"
                          + " baseline_charges = ?, baseline_at = ? WHERE id = ?")) {
                Statements.setText(update, 1, baseline.usage().toString());
                update.setLong(2, baseline.captured().nanos());
                update.setLong(3, baseline.charges());
                update.setLong(4, baseline.at().toEpochMilli());
                Statements.setText(update, 5, upstreamKeyId);
                return update.executeUpdate();
              }
            });
    if (changed != 1) {
      throw new IllegalArgumentException("no request was sent with upstream key " + upstreamKeyId);
    }
  }
}
