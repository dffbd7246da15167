package dev.tollgate.gateway.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Runs SQL on a connection. Each text is prepared once: for one piece of work if the driver itself
 * caches prepared statements, otherwise for the lifetime of the connection. For one thread at a
 * time.
 */
final class SqlSession implements AutoCloseable {
  /** Work in a session. */
  interface Work<T> {
    T run(SqlSession sql) throws SQLException;
  }

  private final Connection connection;
  private final SqlDialect dialect;
  private final boolean kept;
  private final Map<String, Query> prepared = new HashMap<>();
  private final List<Query> composed = new ArrayList<>();

  private SqlSession(Connection connection, SqlDialect dialect, boolean kept) {
    this.connection = connection;
    this.dialect = dialect;
    this.kept = kept;
  }

  /** A session for one piece of work. */
  static SqlSession ofWork(Connection connection, SqlDialect dialect) {
    return new SqlSession(connection, dialect, false);
  }

  /** A session for all work on a connection, if the driver does not cache prepared statements. */
  static SqlSession ofConnection(Connection connection, SqlDialect dialect) {
    return new SqlSession(connection, dialect, true);
  }

  /** The SQL dialect of the database. */
  SqlDialect dialect() {
    return dialect;
  }

  /** Allows statements to take minutes, until the connection returns to the pool. */
  void allowLongStatements() throws SQLException {
    dialect.allowLongReads(connection);
  }

  /**
   * A query with a constant text, which stays prepared. Set its parameters from the first one on.
   */
  Query query(String text) throws SQLException {
    Query query = prepared.get(text);
    if (query == null) {
      query = new Query(connection.prepareStatement(text));
      prepared.put(text, query);
    }
    return query.rewound();
  }

  /** A query with a text composed for this work; closed at the end of the work. */
  Query composed(String text) throws SQLException {
    Query query = new Query(connection.prepareStatement(text));
    composed.add(query);
    return query;
  }

  /** Ends the work. */
  @Override
  public void close() throws SQLException {
    closeAll(composed);
    composed.clear();
    if (!kept) {
      closeAll(prepared.values());
      prepared.clear();
    }
  }

  /** Closes all statements, including those that stay prepared. */
  void forget() throws SQLException {
    close();
    closeAll(prepared.values());
    prepared.clear();
  }

  private static void closeAll(Iterable<Query> queries) throws SQLException {
    for (Query query : queries) {
      query.close();
    }
  }
}
