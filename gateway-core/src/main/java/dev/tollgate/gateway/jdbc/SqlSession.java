package dev.tollgate.gateway.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Runs SQL on a connection. Each text is prepared once: for one piece of work, or for as long as
 * the connection lasts where the driver does not remember what it has prepared. For one thread at a
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

  /** For one piece of work. */
  static SqlSession ofWork(Connection connection, SqlDialect dialect) {
    return new SqlSession(connection, dialect, false);
  }

  /** For all the work on a connection that no pool of statements looks after. */
  static SqlSession ofConnection(Connection connection, SqlDialect dialect) {
    return new SqlSession(connection, dialect, true);
  }

  /** What to write where databases differ. */
  SqlDialect dialect() {
    return dialect;
  }

  /** A query whose text is a constant. Its parameters are to be set from the first one on. */
  Query query(String text) throws SQLException {
    Query query = prepared.get(text);
    if (query == null) {
      query = new Query(connection.prepareStatement(text));
      prepared.put(text, query);
    }
    return query.rewound();
  }

  /** A query whose text was put together for this work, and is forgotten with it. */
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

  /** Closes what is kept, too. */
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
