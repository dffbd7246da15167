package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.ledger.Money;
import java.math.BigDecimal;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** One row of a result, with access by column name. */
final class Row {
  private static final BigDecimal MOST = BigDecimal.valueOf(Long.MAX_VALUE);
  private static final BigDecimal LEAST = BigDecimal.valueOf(Long.MIN_VALUE);

  private final ResultSet row;

  Row(ResultSet row) {
    this.row = row;
  }

  String text(String column) throws SQLException {
    return row.getString(column);
  }

  @Nullable String textOrNull(String column) throws SQLException {
    return row.getString(column);
  }

  /** A number; 0 for NULL. */
  long number(String column) throws SQLException {
    return row.getLong(column);
  }

  @Nullable Long numberOrNull(String column) throws SQLException {
    long number = row.getLong(column);
    return row.wasNull() ? null : number;
  }

  /** A text as a String, a number as a Long. */
  @Nullable Object value(String column) throws SQLException {
    Object value = row.getObject(column);
    return value instanceof Number number ? Long.valueOf(number.longValue()) : value;
  }

  /** An amount, in nano-dollars. */
  Money money(String column) throws SQLException {
    return new Money(row.getLong(column));
  }

  /**
   * A sum of amounts. A sum that does not fit {@link Money} becomes the largest or the smallest
   * amount.
   */
  Money sum(String column) throws SQLException {
    BigDecimal sum = new BigDecimal(row.getString(column));
    return new Money(sum.min(MOST).max(LEAST).longValue());
  }

  /**
   * The constant with this name in lower case.
   *
   * @throws IllegalArgumentException if there is none, for example if a later version wrote it
   */
  <E extends Enum<E>> E constant(String column, Class<E> type) throws SQLException {
    return Enum.valueOf(type, row.getString(column).toUpperCase(Locale.ROOT));
  }

  /** A time, stored in milliseconds since 1970. */
  Instant time(String column) throws SQLException {
    return Instant.ofEpochMilli(row.getLong(column));
  }

  @Nullable Instant timeOrNull(String column) throws SQLException {
    Long millis = numberOrNull(column);
    return millis == null ? null : Instant.ofEpochMilli(millis);
  }
}
