package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.account.StoredText;
import dev.tollgate.gateway.ledger.Money;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A prepared statement. Set its parameters one after the other, in the order of the text, then run
 * it with one of the methods at the end. For one thread at a time.
 */
final class Query {
  /** Sets the parameters. */
  interface Parameters {
    Query set(Query query) throws SQLException;
  }

  /** Reads one row. */
  interface Reader<T> {
    T read(Row row) throws SQLException;
  }

  /** Uses one row. */
  interface Visitor {
    void visit(Row row) throws SQLException;
  }

  private final PreparedStatement statement;
  private int parameter;

  Query(PreparedStatement statement) {
    this.statement = statement;
  }

  Query rewound() {
    parameter = 0;
    return this;
  }

  /**
   * Sets texts, with characters replaced that a database cannot store: a text from a tenant or the
   * upstream must not make the database reject the statement. Search values are converted in the
   * same way, so that they match.
   */
  Query text(@Nullable String... values) throws SQLException {
    for (String value : values) {
      statement.setString(++parameter, StoredText.of(value));
    }
    return this;
  }

  Query number(long... values) throws SQLException {
    for (long value : values) {
      statement.setLong(++parameter, value);
    }
    return this;
  }

  Query numberOrNull(@Nullable Long value) throws SQLException {
    if (value == null) {
      statement.setNull(++parameter, Types.BIGINT);
      return this;
    }
    return number(value);
  }

  /** Sets a String or a Long; the database knows the type of null from the column. */
  Query value(@Nullable Object value) throws SQLException {
    if (value == null) {
      statement.setNull(++parameter, Types.NULL);
      return this;
    }
    return value instanceof String text ? text(text) : number((Long) value);
  }

  /** Sets amounts, in nano-dollars. */
  Query money(Money... amounts) throws SQLException {
    for (Money amount : amounts) {
      statement.setLong(++parameter, amount.nanos());
    }
    return this;
  }

  /** Sets 1 for true, 0 for false. */
  Query flag(boolean value) throws SQLException {
    return number(value ? 1 : 0);
  }

  /** Sets the name of a constant, in lower case. */
  Query constant(Enum<?> constant) throws SQLException {
    return text(constant.name().toLowerCase(Locale.ROOT));
  }

  /** Sets times, in milliseconds since 1970. */
  Query time(Instant... moments) throws SQLException {
    for (Instant moment : moments) {
      statement.setLong(++parameter, moment.toEpochMilli());
    }
    return this;
  }

  Query timeOrNull(@Nullable Instant moment) throws SQLException {
    return numberOrNull(moment == null ? null : moment.toEpochMilli());
  }

  /**
   * @return the number of changed rows
   */
  int update() throws SQLException {
    return statement.executeUpdate();
  }

  /** Adds the parameters to a batch, for {@link #updateBatch}, and begins with the first again. */
  void addToBatch() throws SQLException {
    statement.addBatch();
    parameter = 0;
  }

  /** Runs the statement for each set of parameters in the batch, which is empty afterwards. */
  void updateBatch() throws SQLException {
    statement.executeBatch();
  }

  /** Runs a statement that is neither a query nor an update. */
  void execute() throws SQLException {
    statement.execute();
  }

  /** Whether the query returns a row. */
  boolean exists() throws SQLException {
    try (ResultSet row = statement.executeQuery()) {
      return row.next();
    }
  }

  /** The only row, for example of an aggregate. */
  <T> T one(Reader<T> reader) throws SQLException {
    return first(reader).orElseThrow(() -> new SQLException("the query has no row"));
  }

  /** The first row; empty: there is none. */
  <T> Optional<T> first(Reader<T> reader) throws SQLException {
    try (ResultSet row = statement.executeQuery()) {
      return row.next() ? Optional.of(reader.read(new Row(row))) : Optional.empty();
    }
  }

  <T> List<T> list(Reader<T> reader) throws SQLException {
    try (ResultSet rows = statement.executeQuery()) {
      Row row = new Row(rows);
      List<T> list = new ArrayList<>();
      while (rows.next()) {
        list.add(reader.read(row));
      }
      return list;
    }
  }

  /** Reads any number of rows, none of which is kept in memory if the driver streams them. */
  void forEach(Visitor visitor) throws SQLException {
    try (ResultSet rows = statement.executeQuery()) {
      Row row = new Row(rows);
      while (rows.next()) {
        visitor.visit(row);
      }
    }
  }

  void close() throws SQLException {
    statement.close();
  }
}
