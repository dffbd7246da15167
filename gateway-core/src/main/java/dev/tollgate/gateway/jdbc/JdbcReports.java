package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.ledger.Entry;
import dev.tollgate.gateway.ledger.EntryFilter;
import dev.tollgate.gateway.ledger.EntryPage;
import dev.tollgate.gateway.ledger.Hold;
import dev.tollgate.gateway.ledger.Reports;
import dev.tollgate.gateway.ledger.UsageQuery;
import java.math.BigDecimal;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reports of the ledger in the database. Each report reads a consistent snapshot, whatever is
 * written at the same time.
 */
record JdbcReports(Database database) implements Reports {
  static final String UNRESOLVED = "kind = 'charge' AND flags LIKE '%unresolved%'";
  static final String NEWEST_FIRST = " ORDER BY created_at DESC, id DESC LIMIT ?";

  private <T> List<T> list(String text, Query.Parameters parameters, Query.Reader<T> reader) {
    return database.snapshot(sql -> parameters.set(sql.query(text)).list(reader));
  }

  @Override
  public List<Entry> entries(EntryFilter filter, int limit) {
    return new EntryReader(database).newest(filter, limit);
  }

  @Override
  public EntryPage entriesAfter(EntryFilter filter, String after, int limit) {
    return new EntryReader(database).after(filter, after, limit);
  }

  @Override
  public Optional<Entry> entry(String projectId, String id) {
    return list(EntryTable.SELECT_ONE, query -> query.text(projectId, id), EntryTable::entry)
        .stream()
        .findFirst();
  }

  @Override
  public Optional<Hold> hold(String id) {
    return list(
            HoldTable.SELECT + "id = ? AND " + LedgerInvariants.READABLE_HOLD,
            query -> query.text(id),
            HoldTable::hold)
        .stream()
        .findFirst();
  }

  @Override
  public Map<String, Instant> lastUsed(String projectId) {
    return database.snapshot(sql -> KeySpendingTable.lastUsed(sql, projectId));
  }

  @Override
  public List<Usage> usage(UsageQuery query) {
    return new UsageRows(database).read(query);
  }

  /** Skips holds that cannot be read; they are among the {@link #violations}. */
  @Override
  public List<Hold> unsettled(int limit) {
    return list(
        HoldTable.SELECT
            + ("state IN ('open', 'pending') AND " + LedgerInvariants.READABLE_HOLD)
            + " ORDER BY created_at, id LIMIT ?",
        query -> query.number(limit),
        HoldTable::hold);
  }

  @Override
  public Map<String, InFlight> inFlight() {
    Map<String, InFlight> projects = new HashMap<>();
    list(
            "SELECT project_id, sum(CASE WHEN state = 'open' THEN 1 ELSE 0 END) AS open_holds,"
                + " sum(CASE WHEN state = 'pending' THEN 1 ELSE 0 END) AS pending_holds, "
                + LedgerInvariants.total("amount_nanos")
                + " AS held FROM hold WHERE state IN ('open', 'pending') GROUP BY project_id",
            query -> query,
            row ->
                Map.entry(
                    row.text("project_id"),
                    new InFlight(
                        row.number("open_holds"), row.number("pending_holds"), row.sum("held"))))
        .forEach(each -> projects.put(each.getKey(), each.getValue()));
    return projects;
  }

  @Override
  public HoldCounts holdCounts(Instant now, List<Duration> ages, int limit) {
    StringBuilder age = new StringBuilder("CASE");
    for (int i = 0; i < ages.size(); i++) {
      age.append(" WHEN created_at > ? THEN ").append(i);
    }
    age.append(" ELSE ").append(ages.size()).append(" END");
    Long[] open = new Long[ages.size() + 1];
    Arrays.fill(open, 0L);
    long pending = 0;
    record Count(String state, int age, long holds) {}
    List<Count> counts =
        database.snapshot(
            sql -> {
              Query select =
                  sql.composed(
                      """
                      SELECT state, age, count(*) AS holds FROM (
                        SELECT state, %s AS age FROM hold WHERE state IN ('open', 'pending')
                        LIMIT ?) h
                      GROUP BY state, age\
                      """
                          .formatted(age));
              for (Duration each : ages) {
                select.time(now.minus(each));
              }
              return select
                  .number(limit)
                  .list(
                      row ->
                          new Count(
                              row.text("state"), (int) row.number("age"), row.number("holds")));
            });
    for (Count count : counts) {
      if (count.state.equals("open")) {
        open[count.age] = count.holds;
      } else {
        pending += count.holds;
      }
    }
    return new HoldCounts(List.of(open), pending);
  }

  /** Skips entries that cannot be read; they are among the {@link #violations}. */
  @Override
  public List<Entry> unresolved(int limit) {
    return list(
        EntryTable.SELECT + UNRESOLVED + " AND " + LedgerInvariants.READABLE_ENTRY + NEWEST_FIRST,
        query -> query.number(limit),
        EntryTable::entry);
  }

  @Override
  public List<Violation> violations(Instant now, Duration maxDelay) {
    return database.snapshot(sql -> violations(sql, now, maxDelay));
  }

  static List<Violation> violations(SqlSession sql, Instant now, Duration maxDelay)
      throws SQLException {
    List<Violation> found = LedgerInvariants.check(sql);
    found.addAll(ClockInvariants.check(sql, now, maxDelay));
    return found;
  }

  @Override
  public List<Spending> spending() {
    String spending =
        """
        SELECT id, sum(captured) AS captured, sum(charges) AS charges,
          sum(unsettled) AS unsettled, sum(unresolved) AS unresolved FROM (
          SELECT id, 0 AS captured, 0 AS charges, 0 AS unsettled, 0 AS unresolved FROM upstream_key
          UNION ALL
          SELECT upstream_key_id, %s, count(*), 0, sum(CASE WHEN %s THEN 1 ELSE 0 END)
          FROM ledger_entry WHERE kind = 'charge' GROUP BY upstream_key_id
          UNION ALL
          SELECT upstream_key_id, 0, 0, count(*), 0
          FROM hold WHERE state IN ('open', 'pending') GROUP BY upstream_key_id) s
        GROUP BY id ORDER BY id\
        """
            .formatted(LedgerInvariants.total("cost_nanos"), UNRESOLVED);
    return list(
        spending,
        query -> query,
        row ->
            new Spending(
                row.text("id"),
                row.sum("captured"),
                row.number("charges"),
                row.number("unsettled"),
                row.number("unresolved")));
  }

  @Override
  public Optional<Baseline> baseline(String upstreamKeyId) {
    return database.first(
        "SELECT baseline_usage, baseline_nanos, baseline_charges, baseline_at"
            + " FROM upstream_key WHERE id = ? AND baseline_usage IS NOT NULL",
        query -> query.text(upstreamKeyId),
        row ->
            new Baseline(
                new BigDecimal(row.text("baseline_usage")),
                row.money("baseline_nanos"),
                row.number("baseline_charges"),
                row.time("baseline_at")));
  }

  @Override
  public void setBaseline(String upstreamKeyId, Baseline baseline) {
    int changed =
        database.update(
            "UPDATE upstream_key SET baseline_usage = ?, baseline_nanos = ?,"
                + " baseline_charges = ?, baseline_at = ? WHERE id = ?",
            query ->
                query
                    .text(baseline.usage().toString())
                    .money(baseline.captured())
                    .number(baseline.charges())
                    .time(baseline.at())
                    .text(upstreamKeyId));
    if (changed != 1) {
      throw new IllegalArgumentException(
          "upstream key " + upstreamKeyId + " is unknown: no request was sent with it");
    }
  }
}
