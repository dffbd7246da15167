package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.ledger.Money;
import java.math.BigDecimal;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** One row of a result, by the names of its columns. */
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

  /** An amount, in nano-dollars. */
  Money money(String column) throws SQLException {
    return new Money(row.getLong(column));
  }

  /** A sum of amounts, of any size; the most or the least there is where it cannot be counted. */
  Money sum(String column) throws SQLException {
    BigDecimal sum = new BigDecimal(row.getString(column));
    return new Money(sum.min(MOST).max(LEAST).longValue());
  }

  /**
   * The constant that has this name in lower case.
   *
   * @throws IllegalArgumentException if there is none, as of a later version's
   */
  <E extends Enum<E>> E constant(String column, Class<E> type) throws SQLException {
    return Enum.valueOf(type, row.getString(column).toUpperCase(Locale.ROOT));
  }

  /** A moment, in milliseconds since 1970. */
  Instant time(String column) throws SQLException {
    return Instant.ofEpochMilli(row.getLong(column));
  }

  @Nullable Instant timeOrNull(String column) throws SQLException {
    Long millis = numberOrNull(column);
    return millis == null ? null : Instant.ofEpochMilli(millis);
  }
}
