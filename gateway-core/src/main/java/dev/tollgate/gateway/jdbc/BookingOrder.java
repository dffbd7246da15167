package dev.tollgate.gateway.jdbc;

import java.sql.SQLException;

/**
 * The order in which the entries of the ledger were booked, and the positions in it. A row that a
 * later reader sees, but an earlier one did not, is behind every row that the earlier reader saw.
 */
interface BookingOrder {
  /** The columns that a position is made of, to append to a list of columns. */
  String columns();

  /** The table, read in this order. */
  String from();

  /** The condition for the readable rows after a position, with parameters for {@link #set}. */
  String after();

  /** The columns to order by. */
  String orderBy();

  /** The position of a row. */
  String position(Row row) throws SQLException;

  /**
   * Sets the parameters of {@link #after}.
   *
   * @param position empty: the beginning
   * @throws IllegalArgumentException if it is not a position of this order
   */
  Query set(Query query, String position) throws SQLException;

  /** The position behind all rows that the snapshot can read. */
  String end(SqlSession sql) throws SQLException;
}
