package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.account.StoredText;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The prepared statements of one piece of work on a connection. Each text is prepared once. For one
 * thread at a time.
 */
abstract class Statements implements AutoCloseable {
  private final Connection connection;
  private final Map<String, PreparedStatement> prepared = new HashMap<>();

  private Statements(Connection connection) {
    this.connection = connection;
  }

  /** For this work alone. */
  static Statements ofWork(Connection connection) {
    return new OfWork(connection);
  }

  /** For as long as the connection lasts, which is not one of a pool that looks after them. */
  static Statements ofConnection(Connection connection) {
    return new OfConnection(connection);
  }

  /**
   * Sets a parameter to a text, in the form in which every database can keep it: one text of a
   * tenant or the upstream must not make a database refuse the statement. To be used for what is
   * looked for, too, so that it is found.
   *
   * @param text null: SQL's NULL
   */
  static void setText(PreparedStatement statement, int parameter, @Nullable String text)
      throws SQLException {
    statement.setString(parameter, StoredText.of(text));
  }

  /** Sets a parameter to a text, as {@link #setText}, or to a number. */
  static void setValue(PreparedStatement statement, int parameter, Object value)
      throws SQLException {
    if (value instanceof String text) {
      setText(statement, parameter, text);
    } else {
      statement.setObject(parameter, value);
    }
  }

  /** A statement whose parameters are what the last one who had it has set. */
  final PreparedStatement prepare(String sql) throws SQLException {
    PreparedStatement statement = prepared.get(sql);
    if (statement == null) {
      statement = connection.prepareStatement(sql);
      prepared.put(sql, statement);
    }
    return statement;
  }

  /** Ends the work. */
  @Override
  public abstract void close() throws SQLException;

  final void closeAll() throws SQLException {
    for (PreparedStatement statement : prepared.values()) {
      statement.close();
    }
    prepared.clear();
  }

  private static final class OfWork extends Statements {
    private OfWork(Connection connection) {
      super(connection);
    }

    @Override
    public void close() throws SQLException {
      closeAll();
    }
  }

  private static final class OfConnection extends Statements {
    private OfConnection(Connection connection) {
      super(connection);
    }

    /** They are the connection's, and end with it. */
    @Override
    public void close() {}
  }
}
