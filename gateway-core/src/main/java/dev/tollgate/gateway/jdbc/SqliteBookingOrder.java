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
  public String columns() {
    return ", rowid AS booking";
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
  public String orderBy() {
    return "rowid";
  }

  @Override
  public String position(Row row) throws SQLException {
    return String.valueOf(row.number("booking"));
  }

  @Override
  public Query set(Query query, String position) throws SQLException {
    if (!position.matches("[0-9]{0,18}")) {
      throw new IllegalArgumentException("must be the position of an entry, a whole number");
    }
    return query.number(position.isEmpty() ? 0 : Long.parseLong(position));
  }

  @Override
  public String end(SqlSession sql) throws SQLException {
    return sql.query("SELECT coalesce(max(rowid), 0) AS booking FROM ledger_entry")
        .one(this::position);
  }
}
