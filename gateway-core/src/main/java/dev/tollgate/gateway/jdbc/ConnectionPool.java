package dev.tollgate.gateway.jdbc;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;

/** Where a database's connections come from. Safe for use by many threads. */
sealed interface ConnectionPool extends AutoCloseable permits OwnPool, HostPool, FilePool {
  /** Work on a connection. */
  interface Work<T> {
    T run(Connection connection) throws SQLException;
  }

  /** What has to be done before anything else. */
  interface First {
    void run(Connection connection) throws SQLException, IOException;
  }

  /**
   * Does the first work. To be called once, and before {@link #with}.
   *
   * @throws IOException if a file cannot be made
   */
  void open(First first) throws SQLException, IOException;

  /** Does something on a connection in auto-commit, which is given back as it was. */
  <T> T with(Work<T> work) throws SQLException;

  /** Keeps a connection in use from going back to the pool, with what is left on it. */
  void discard(Connection connection);

  @Override
  void close();
}
