package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.jdbc.LedgerInvariants.Invariant;
import dev.tollgate.gateway.ledger.Ledger;
import dev.tollgate.gateway.ledger.Period;
import dev.tollgate.gateway.ledger.Reports.Violation;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * The invariants that depend on time: the counters of days and months match the entries, and no
 * stored time is in the future. See {@link LedgerInvariants}.
 */
final class ClockInvariants {
  static final long DAY_MILLIS = Duration.ofDays(1).toMillis();

  /** SQL for the Monday of the counted day of {@code c}; day 0 was a Thursday. */
  private static final String MONDAY = "c.day_number - (c.day_number + 3) % 7";

  /** More months than any ledger has. */
  private static final int MAX_MONTHS = 1_000;

  private ClockInvariants() {}

  static List<Violation> check(SqlSession sql, Instant now, Duration maxDelay) throws SQLException {
    List<Long> months = months(sql);
    String month = month(months);
    List<Invariant> invariants = new ArrayList<>();
    invariants.add(counters("a project", "project", "id", false, month));
    invariants.add(counters("a key", "key_spending", "project_id", true, month));
    invariants.add(earlier("a project", "project", "id", false, firstMillis(months)));
    invariants.add(earlier("a key", "key_spending", "project_id", true, firstMillis(months)));
    invariants.addAll(future(sql.dialect(), now.plus(Ledger.CLOCK_SKEW), maxDelay));
    return LedgerInvariants.check(sql, invariants);
  }

  /** The months that counters belong to, newest first. */
  private static List<Long> months(SqlSession sql) throws SQLException {
    return sql.query(
            "SELECT month_number FROM project WHERE month_number > 0"
                + " UNION SELECT month_number FROM key_spending WHERE month_number > 0"
                + " ORDER BY 1 DESC LIMIT "
                + MAX_MONTHS)
        .list(row -> row.number("month_number"));
  }

  /**
   * SQL for the month number of an entry; -1 if no counter is of that month. SQL dialects share no
   * function for months since 1970.
   */
  private static String month(List<Long> months) {
    StringBuilder number = new StringBuilder("CASE");
    for (long month : months) {
      number
          .append(" WHEN e.created_at >= ")
          .append(Period.MONTHLY.start(month).toEpochMilli())
          .append(" AND e.created_at < ")
          .append(Period.MONTHLY.startOfNext(month).toEpochMilli())
          .append(" THEN ")
          .append(month);
    }
    return months.isEmpty() ? "-1" : number.append(" ELSE -1 END").toString();
  }

  /** SQL for the first millisecond of the counted month of {@code c}. */
  private static String firstMillis(List<Long> months) {
    StringBuilder first = new StringBuilder("CASE");
    for (long month : months) {
      first
          .append(" WHEN c.month_number = ")
          .append(month)
          .append(" THEN ")
          .append(Period.MONTHLY.start(month).toEpochMilli());
    }
    return months.isEmpty() ? "0" : first.append(" ELSE 0 END").toString();
  }

  private static Invariant earlier(
      String whose, String table, String projectId, boolean keyed, String firstMillis) {
    return new Invariant(
        "what " + whose + "'s counters know of earlier charges is the sum of these charges",
        """
        SELECT c.%1$s, %2$s, 'week before day ' || c.week_before_day || ': ' || c.week_before_nanos
          || ', sum ' || coalesce(s.week_total, 0) || ', before month ' || c.ever_before_month
          || ': ' || c.ever_before_nanos || ', sum ' || coalesce(s.ever_total, 0)
        FROM %3$s c LEFT JOIN (
          SELECT c.%1$s%4$s, %5$s AS week_total, %6$s AS ever_total
          FROM ledger_entry e CROSS JOIN %3$s c
          WHERE e.kind = 'charge' AND c.%1$s = e.project_id%7$s
            AND (c.week_before_day = c.day_number OR c.ever_before_month = c.month_number)
          GROUP BY c.%1$s%4$s) s
        ON s.%1$s = c.%1$s%8$s
        WHERE (c.week_before_day = c.day_number AND c.week_before_nanos <> coalesce(s.week_total, 0))
          OR (c.ever_before_month = c.month_number
            AND c.ever_before_nanos <> coalesce(s.ever_total, 0))\
        """
            .formatted(
                projectId,
                keyed ? "c.key_id" : "''",
                table,
                keyed ? ", c.key_id" : "",
                total(
                    "e.created_at / %1$d < c.day_number AND e.created_at / %1$d >= %2$s"
                        .formatted(DAY_MILLIS, MONDAY)),
                total("e.created_at < " + firstMillis),
                keyed ? " AND c.key_id = e.key_id" : "",
                keyed ? " AND s.key_id = c.key_id" : ""));
  }

  private static Invariant counters(
      String whose, String table, String projectId, boolean keyed, String month) {
    return new Invariant(
        "what " + whose + "'s counters say is the sum of the charges of their day and month",
        """
        SELECT c.%1$s, %2$s, 'day ' || c.day_number || ': ' || c.day_nanos || ', sum '
          || coalesce(s.day_total, 0) || ', month ' || c.month_number || ': ' || c.month_nanos
          || ', sum ' || coalesce(s.month_total, 0)
        FROM %3$s c LEFT JOIN (
          SELECT c.%1$s%4$s, %5$s AS day_total, %6$s AS month_total
          FROM ledger_entry e CROSS JOIN %3$s c
          WHERE e.kind = 'charge' AND c.%1$s = e.project_id%7$s
          GROUP BY c.%1$s%4$s) s
        ON s.%1$s = c.%1$s%8$s
        WHERE c.day_nanos <> coalesce(s.day_total, 0)
          OR c.month_nanos <> coalesce(s.month_total, 0)\
        """
            .formatted(
                projectId,
                keyed ? "c.key_id" : "''",
                table,
                keyed ? ", c.key_id" : "",
                total("c.day_number = e.created_at / " + DAY_MILLIS),
                total("c.month_number = " + month),
                keyed ? " AND c.key_id = e.key_id" : "",
                keyed ? " AND s.key_id = c.key_id" : ""));
  }

  private static String total(String condition) {
    return LedgerInvariants.total("CASE WHEN " + condition + " THEN e.amount_nanos ELSE 0 END");
  }

  /**
   * @param latest times after this are in the future
   */
  private static List<Invariant> future(SqlDialect dialect, Instant latest, Duration maxDelay) {
    long day = Period.DAILY.number(latest);
    long month = Period.MONTHLY.number(latest);
    long millis = latest.toEpochMilli();
    return List.of(
        new Invariant(
            "a project's counters are of no day or month in the future",
            "SELECT id, '', 'day ' || day_number || ', month ' || month_number || ', free day '"
                + " || free_day_number FROM project"
                + " WHERE day_number > %1$d OR month_number > %2$d OR free_day_number > %1$d"
                    .formatted(day, month)),
        new Invariant(
            "a key's counters are of no day or month in the future",
            "SELECT project_id, key_id, 'day ' || day_number || ', month ' || month_number"
                + " FROM key_spending WHERE day_number > %d OR month_number > %d"
                    .formatted(day, month)),
        new Invariant(
            "a pending hold is asked for next within the longest delay",
            "SELECT project_id, id, 'next ask at ' || next_ask_at FROM hold"
                + " WHERE state = 'pending' AND next_ask_at > "
                + latest.plus(maxDelay).toEpochMilli()),
        new Invariant(
            "a pending hold is pending and was asked for since no moment in the future",
            "SELECT project_id, id, 'pending at ' || coalesce(pending_at, 0) || ', asked at '"
                + " || coalesce(asked_at, 0) FROM hold WHERE state = 'pending' AND (pending_at > "
                + millis
                + " OR asked_at > "
                + millis
                + ")"),
        new Invariant(
            "an idempotency key was taken at no moment in the future",
            "SELECT project_id, hold_id, 'taken at ' || created_at FROM idempotency"
                + " WHERE created_at > "
                + millis),
        new Invariant(
            "a request of the admin API was made at no moment in the future",
            "SELECT '', key, 'made at ' || created_at FROM admin_request WHERE created_at > "
                + millis),
        new Invariant(
            "the lease of a node ends within a day",
            "SELECT '', id, 'lease until ' || lease_until FROM node WHERE lease_until > "
                + dialect.nowMillis()
                + " + "
                + DAY_MILLIS));
  }
}
