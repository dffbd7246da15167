package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.ledger.Money;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;

/**
 * What is spent with keys, as one transaction sees it, which has locked their project's row before.
 * A key's row is read when it has a cap and written once, at the end.
 */
final class KeySpending {
  /** Of a project: an embedding application makes the ids of its keys. */
  private record Key(String projectId, String keyId) {}

  // The sums are made by the database, so the row need not be read before. Mostly it is there and
  // of the same day: for that there is a shorter statement, which takes half the time.
  private static final String ADD =
      "UPDATE key_spending SET day_nanos = day_nanos + ?, month_nanos = month_nanos + ?"
          + " WHERE project_id = ? AND key_id = ? AND day_number = ? AND month_number = ?"
          + " AND day_nanos <= ? AND month_nanos <= ?";

  private static final String UPSERT =
      "INSERT INTO key_spending"
          + " (project_id, key_id, day_number, day_nanos, month_number, month_nanos)"
          + " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (project_id, key_id) DO UPDATE SET "
          + counted("day")
          + ", "
          + counted("month");

  private final Books books;
  private final Map<Key, Spent> read = new HashMap<>();
  private final Map<Key, Spent> charged = new HashMap<>();

  KeySpending(Books books) {
    this.books = books;
  }

  /** As {@link Spent#plus}, of the row and what comes to it. */
  private static String counted(String period) {
    return """
         %1$s_nanos = CASE
          WHEN key_spending.%1$s_number > excluded.%1$s_number THEN key_spending.%1$s_nanos
          WHEN key_spending.%1$s_number < excluded.%1$s_number THEN excluded.%1$s_nanos
          WHEN key_spending.%1$s_nanos > (9223372036854775807 - excluded.%1$s_nanos)
          THEN 9223372036854775807
          ELSE (key_spending.%1$s_nanos + excluded.%1$s_nanos) END,
         %1$s_number = CASE
          WHEN key_spending.%1$s_number > excluded.%1$s_number THEN key_spending.%1$s_number
          ELSE excluded.%1$s_number END"""
        .formatted(period);
  }

  void charge(String projectId, String keyId, Money amount, Instant at) {
    charged.merge(new Key(projectId, keyId), Spent.of(amount, at), Spent::plus);
  }

  /** What was charged, this transaction's charges among it. */
  Spent spent(String projectId, String keyId) throws SQLException {
    Key key = new Key(projectId, keyId);
    Spent before = read.get(key);
    if (before == null) {
      before = read(key);
      read.put(key, before);
    }
    return before.plus(charged.getOrDefault(key, Spent.NOTHING));
  }

  private Spent read(Key key) throws SQLException {
    PreparedStatement select =
        books.prepare(
            "SELECT day_number, day_nanos, month_number, month_nanos FROM key_spending"
                + " WHERE project_id = ? AND key_id = ?");
    select.setString(1, key.projectId());
    select.setString(2, key.keyId());
    try (ResultSet row = select.executeQuery()) {
      return row.next() ? Books.spent(row, 1) : Spent.NOTHING;
    }
  }

  /** What is held now, in whatever is open or pending. */
  Money held(String projectId, String keyId) throws SQLException {
    PreparedStatement select =
        books.prepare(
            "SELECT coalesce(sum(amount_nanos), 0) FROM hold WHERE project_id = ?"
                + " AND state IN ('open', 'pending') AND key_id = ?");
    select.setString(1, projectId);
    select.setString(2, keyId);
    try (ResultSet row = select.executeQuery()) {
      row.next();
      return new Money(row.getLong(1));
    }
  }

  /** Adds what was charged. */
  void write() throws SQLException {
    for (Map.Entry<Key, Spent> each : charged.entrySet()) {
      if (!add(each.getKey(), each.getValue())) {
        PreparedStatement upsert = books.prepare(UPSERT);
        upsert.setString(1, each.getKey().projectId());
        upsert.setString(2, each.getKey().keyId());
        Books.set(upsert, 3, each.getValue());
        upsert.executeUpdate();
      }
    }
  }

  /**
   * @return false if there is no row of the same day, or one that cannot count so much
   */
  private boolean add(Key key, Spent more) throws SQLException {
    PreparedStatement update = books.prepare(ADD);
    update.setLong(1, more.day().nanos());
    update.setLong(2, more.month().nanos());
    update.setString(3, key.projectId());
    update.setString(4, key.keyId());
    update.setLong(5, more.dayNumber());
    update.setLong(6, more.monthNumber());
    update.setLong(7, Long.MAX_VALUE - more.day().nanos());
    update.setLong(8, Long.MAX_VALUE - more.month().nanos());
    return update.executeUpdate() == 1;
  }
}
