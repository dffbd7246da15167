package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.ledger.Ledger;
import dev.tollgate.gateway.ledger.Period;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds what a clock that was ahead once has left in the future, and puts it right; see {@link
 * Ledger#putClocksRight}. The search takes no lock. What it finds is written project by project,
 * each with its row locked, as by the ledger's queue.
 */
final class FutureTimes {
  private static final Logger LOG = System.getLogger(FutureTimes.class.getName());

  // Only this node's: no other clock is compared with their times.
  private static final String OWN_PENDING = " WHERE owner = ? AND " + Books.PENDING;

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
      "SELECT key_id FROM key_spending WHERE project_id = ? AND (day_number > ? OR month_number > ?)";

  private final Database database;
  private final String node;
  private final Instant now;
  private final long latestAsk;
  private final long latest;
  private final long day;
  private final long month;

  /**
   * @param node this one
   * @param maxDelay how far ahead a pending hold is asked for next at most
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
   * @return how many there were
   */
  int putRight() {
    int ahead = 0;
    for (String projectId : database.read(this::projects)) {
      ahead += database.write(connection -> putRight(connection, projectId));
    }
    if (!database.read(this::adminRequests).isEmpty()) {
      ahead +=
          database.write(
              connection ->
                  update(
                      connection,
                      "UPDATE admin_request SET created_at = ? WHERE created_at > ?",
                      now.toEpochMilli(),
                      latest));
    }
    return ahead;
  }

  private List<String> projects(Connection connection) throws SQLException {
    return texts(
        connection, PROJECTS, node, latestAsk, latest, latest, latest, day, month, day, month, day);
  }

  private List<String> adminRequests(Connection connection) throws SQLException {
    return texts(connection, "SELECT key FROM admin_request WHERE created_at > ? LIMIT 1", latest);
  }

  private int putRight(Connection connection, String projectId) throws SQLException {
    int ahead = 0;
    int counters = 0;
    try (Books books = database.books(connection, node, new OpenHolds())) {
      Books.Account account = books.account(projectId);
      if (account == null) {
        return 0;
      }
      ahead += putHoldsRight(connection, "next_ask_at", latestAsk, projectId);
      ahead += putHoldsRight(connection, "pending_at", latest, projectId);
      ahead += putHoldsRight(connection, "asked_at", latest, projectId);
      ahead +=
          update(
              connection,
              "UPDATE idempotency SET created_at = ? WHERE project_id = ? AND created_at > ?",
              now.toEpochMilli(),
              projectId,
              latest);
      counters += account.putRight(now, books.entries(projectId, null));
      for (String keyId : texts(connection, KEYS, projectId, day, month)) {
        counters += books.keys().putRight(projectId, keyId, now);
      }
      books.write();
    }
    if (ahead > 0) {
      LOG.log(
          Level.WARNING,
          "project {0}: {1} times of pending requests or idempotency keys were in the future",
          projectId,
          ahead);
    }
    return ahead + counters;
  }

  private int putHoldsRight(Connection connection, String column, long latestTime, String projectId)
      throws SQLException {
    return update(
        connection,
        "UPDATE hold SET %1$s = ?%2$s AND project_id = ? AND %1$s > ?"
            .formatted(column, OWN_PENDING),
        now.toEpochMilli(),
        node,
        projectId,
        latestTime);
  }

  private static int update(Connection connection, String sql, Object... arguments)
      throws SQLException {
    try (PreparedStatement update = connection.prepareStatement(sql)) {
      set(update, arguments);
      return update.executeUpdate();
    }
  }

  private static List<String> texts(Connection connection, String sql, Object... arguments)
      throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(sql)) {
      set(select, arguments);
      List<String> texts = new ArrayList<>();
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          texts.add(row.getString(1));
        }
      }
      return texts;
    }
  }

  private static void set(PreparedStatement statement, Object... arguments) throws SQLException {
    for (int i = 0; i < arguments.length; i++) {
      Statements.setValue(statement, i + 1, arguments[i]);
    }
  }
}
