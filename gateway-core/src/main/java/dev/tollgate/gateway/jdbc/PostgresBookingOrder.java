package dev.tollgate.gateway.jdbc;

import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Base64;

/**
 * The order of booking in PostgreSQL: the transactions' ids, and the primary key within a
 * transaction. Transactions commit in another order than their ids. So a reader waits for the
 * oldest open transaction, and reads only rows of earlier ones (PostgreSQL, 9.27 Transaction ID and
 * Snapshot Information).
 *
 * <p>A dump that is restored elsewhere meets a server that may count its transactions from a lower
 * number. From then on, an offset is added to the ids.
 */
final class PostgresBookingOrder implements BookingOrder {
  static final PostgresBookingOrder INSTANCE = new PostgresBookingOrder();

  private static final String OFFSET =
      "coalesce((SELECT CAST(value AS BIGINT) FROM setting WHERE name = 'booking_offset'), 0)";

  private static final String READABLE =
      "(txid_snapshot_xmin(txid_current_snapshot()) + " + OFFSET + ")";

  // The separator: no text of the database contains NUL.
  private static final String NUL = "\0";

  private PostgresBookingOrder() {}

  @Override
  public String columns() {
    return ", tx";
  }

  @Override
  public String from() {
    return "ledger_entry";
  }

  @Override
  public String after() {
    return "(tx, project_id, id) > (?, ?, ?) AND tx < " + READABLE;
  }

  @Override
  public String orderBy() {
    return "tx, project_id, id";
  }

  @Override
  public String position(Row row) throws SQLException {
    return text(row.number("tx"), row.text("project_id"), row.text("id"));
  }

  private static String text(long tx, String projectId, String id) {
    byte[] parts =
        String.join(NUL, String.valueOf(tx), projectId, id).getBytes(StandardCharsets.UTF_8);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(parts);
  }

  @Override
  public Query set(Query query, String position) throws SQLException {
    if (position.isEmpty()) {
      return query.number(-1).text("", "");
    }
    try {
      byte[] parts = Base64.getUrlDecoder().decode(position);
      String[] part = new String(parts, StandardCharsets.UTF_8).split(NUL, -1);
      if (part.length == 3) {
        return query.number(Long.parseLong(part[0])).text(part[1], part[2]);
      }
    } catch (IllegalArgumentException e) {
      // Reported below, together with the other malformed positions.
    }
    throw new IllegalArgumentException("must be the position of an entry");
  }

  @Override
  public String end(SqlSession sql) throws SQLException {
    return sql.query("SELECT " + READABLE + " AS tx").one(row -> text(row.number("tx"), "", ""));
  }

  /** Makes new rows follow all present ones. */
  void putRight(SqlSession sql, Connection connection) throws SQLException {
    long ahead =
        sql.query(
                "SELECT coalesce((SELECT max(tx) FROM ledger_entry), 0)"
                    + " - txid_snapshot_xmax(txid_current_snapshot()) AS ahead, "
                    + OFFSET
                    + " AS present")
            .one(row -> row.number("ahead") < row.number("present") ? -1 : row.number("ahead"));
    if (ahead < 0) {
      return;
    }
    long offset = ahead + 1;
    sql.query(
            "INSERT INTO setting (name, value) VALUES ('booking_offset', ?)"
                + " ON CONFLICT (name) DO UPDATE SET value = excluded.value")
        .text(String.valueOf(offset))
        .update();
    Database.execute(
        connection,
        "ALTER TABLE ledger_entry ALTER COLUMN tx SET DEFAULT txid_current() + " + offset);
  }
}
