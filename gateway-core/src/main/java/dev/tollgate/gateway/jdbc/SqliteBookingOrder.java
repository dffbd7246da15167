package dev.tollgate.gateway.jdbc;

import java.sql.SQLException;

/**
 * The order of booking in SQLite: the numbers of the rows. SQLite has one writer at a time, gives a
 * new row the number after the largest one (SQLite, Autoincrement), and no entry is ever deleted.
 */
final class SqliteBookingOrder implements BookingOrder {
  static final SqliteBookingOrder INSTANCE = new SqliteBookingOrder();

  private SqliteBookingOrder() {}

  @Override
  public String number() {
    return "rowid";
  }

  /** Without indexes: they would have to sort all entries of a project for each page. */
  @Override
  public String from() {
    return "ledger_entry NOT INDEXED";
  }

  @Override
  public String after() {
    return "rowid > ?";
  }

  @Override
  public String readable() {
    return "1 = 1";
  }

  @Override
  public Query set(Query query, Position position) throws SQLException {
    return query.number(position.number());
  }
}
