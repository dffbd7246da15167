package dev.tollgate.gateway.jdbc;

import java.sql.SQLException;

/**
 * The order in which the entries of the ledger were booked. If a later read returns a row that an
 * earlier read did not, that row sorts after every row of the earlier read. Entries have a number,
 * and those with the same number are ordered by their primary key.
 */
interface BookingOrder {
  /** The column with the number of an entry. */
  String number();

  /** The table, to be read in this order. */
  String from();

  /** The condition for the rows behind a position, with parameters for {@link #set}. */
  String after();

  /** The condition for the rows that can be read. */
  String readable();

  /** Sets the parameters of {@link #after}. */
  Query set(Query query, Position position) throws SQLException;
}
