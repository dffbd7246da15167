package dev.tollgate.gateway.jdbc;

import java.sql.Connection;
import java.sql.SQLException;

/**
 * The order of booking in PostgreSQL: the ids of the transactions. Transactions commit in another
 * order than their ids. So a reader sees only rows of transactions that are older than the oldest
 * open one (PostgreSQL, 9.27 Transaction ID and Snapshot Information).
 *
 * <p>After a dump is restored to another server, that server's transaction ids may be lower than
 * those in the dump. From then on, an offset is added to the ids.
 */
final class PostgresBookingOrder implements BookingOrder {
  static final PostgresBookingOrder INSTANCE = new PostgresBookingOrder();

  private static final String OFFSET =
      "coalesce((SELECT CAST(value AS BIGINT) FROM setting WHERE name = 'booking_offset'), 0)";

  private PostgresBookingOrder() {}

  @Override
  public String number() {
    return "tx";
  }

  @Override
  public String from() {
    return "ledger_entry";
  }

  @Override
  public String after() {
    return "(tx, project_id, id) > (?, ?, ?)";
  }

  @Override
  public String readable() {
    return "tx < txid_snapshot_xmin(txid_current_snapshot()) + " + OFFSET;
  }

  @Override
  public Query set(Query query, Position position) throws SQLException {
    return query.number(position.number()).text(position.projectId(), position.id());
  }

  /**
   * Makes new rows sort after all present ones. Rows of a server's own transactions always do; the
   * ids of a restored dump may be those of another server.
   */
  void ensureNewRowsSortLast(SqlSession sql, Connection connection) throws SQLException {
    record Ids(long newest, long next, long oldestOpen, long offset) {}
    Ids ids =
        sql.query(
                "SELECT coalesce((SELECT max(tx) FROM ledger_entry), 0) AS newest,"
                    + " txid_snapshot_xmax(txid_current_snapshot()) AS next,"
                    + " txid_snapshot_xmin(txid_current_snapshot()) AS oldest_open, "
                    + OFFSET
                    + " AS present")
            .one(
                row ->
                    new Ids(
                        row.number("newest"),
                        row.number("next"),
                        row.number("oldest_open"),
                        row.number("present")));
    if (ids.newest < ids.next + ids.offset) {
      return;
    }
    // An open transaction may still add rows, with an id as low as that of the oldest one.
    long offset = ids.newest - ids.oldestOpen + 1;
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
