package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.ledger.Ledger;
import dev.tollgate.gateway.ledger.Period;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * Finds and corrects the times that a clock left in the future while it ran ahead, see {@link
 * Ledger#putClocksRight}. The search takes no lock. The corrections are written project by project,
 * each with its row locked, as in the ledger's queue.
 */
final class FutureTimes {
  private static final Logger LOG = System.getLogger(FutureTimes.class.getName());

  // Only this node's holds: their times are compared with no other clock.
  private static final String OWN_PENDING = " WHERE owner = ? AND " + HoldTable.PENDING;

  private static final String PROJECTS =
      "SELECT project_id FROM hold"
          + OWN_PENDING
          + " AND (next_ask_at > ? OR pending_at > ? OR asked_at > ?)"
          + " UNION SELECT project_id FROM idempotency WHERE created_at > ?"
          + " UNION SELECT project_id FROM key_spending WHERE day_number > ? OR month_number > ?"
          + " UNION SELECT id FROM project"
          + " WHERE day_number > ? OR month_number > ? OR free_day_number > ?"
          + " ORDER BY 1";

  private static final String KEYS =
      "SELECT key_id FROM key_spending WHERE project_id = ? AND (day_number > ? OR month_number >"
          + " ?)";

  private final Database database;
  private final String node;
  private final Instant now;
  private final long latestAsk;
  private final long latest;
  private final long day;
  private final long month;

  /**
   * @param node this node
   * @param maxDelay the longest allowed delay until the next attempt for a pending hold
   */
  FutureTimes(Database database, String node, Instant now, Duration maxDelay) {
    Instant end = now.plus(Ledger.CLOCK_SKEW);
    this.database = database;
    this.node = node;
    this.now = now;
    this.latestAsk = end.plus(maxDelay).toEpochMilli();
    this.latest = end.toEpochMilli();
    this.day = Period.DAILY.number(end);
    this.month = Period.MONTHLY.number(end);
  }

  /**
   * @return the number of corrected times and counters
   */
  int putRight() {
    int ahead = 0;
    for (String projectId : projects()) {
      ahead += database.write(sql -> putRight(sql, projectId));
    }
    if (hasFutureAdminRequests()) {
      ahead +=
          database.update(
              "UPDATE admin_request SET created_at = ? WHERE created_at > ?",
              query -> query.time(now).number(latest));
    }
    return ahead;
  }

  private List<String> projects() {
    return database.list(
        PROJECTS,
        query ->
            query.text(node).number(latestAsk, latest, latest, latest, day, month, day, month, day),
        row -> row.text("project_id"));
  }

  private boolean hasFutureAdminRequests() {
    return database.exists(
        "SELECT key FROM admin_request WHERE created_at > ? LIMIT 1",
        query -> query.number(latest));
  }

  private int putRight(SqlSession sql, String projectId) throws SQLException {
    LedgerTransaction tx = new LedgerTransaction(sql, node, new OpenHolds());
    ProjectBalance project = tx.project(projectId);
    if (project == null) {
      return 0;
    }
    int ahead = 0;
    ahead += putHoldsRight(sql, "next_ask_at", latestAsk, projectId);
    ahead += putHoldsRight(sql, "pending_at", latest, projectId);
    ahead += putHoldsRight(sql, "asked_at", latest, projectId);
    ahead +=
        sql.query("UPDATE idempotency SET created_at = ? WHERE project_id = ? AND created_at > ?")
            .time(now)
            .text(projectId)
            .number(latest)
            .update();
    int counters = project.putRight(now, tx.chargesOf(projectId));
    for (String keyId : keys(sql, projectId)) {
      counters += tx.keys().putRight(projectId, keyId, now);
    }
    tx.write();
    if (ahead > 0) {
      LOG.log(
          Level.WARNING,
          "project {0}: {1} times of pending requests or idempotency keys were in the future;"
              + " they are set to now",
          projectId,
          ahead);
    }
    return ahead + counters;
  }

  private List<String> keys(SqlSession sql, String projectId) throws SQLException {
    return sql.query(KEYS).text(projectId).number(day, month).list(row -> row.text("key_id"));
  }

  private int putHoldsRight(SqlSession sql, String column, long latestTime, String projectId)
      throws SQLException {
    return sql.query(
            "UPDATE hold SET %1$s = ?%2$s AND project_id = ? AND %1$s > ?"
                .formatted(column, OWN_PENDING))
        .time(now)
        .text(node, projectId)
        .number(latestTime)
        .update();
  }
}
