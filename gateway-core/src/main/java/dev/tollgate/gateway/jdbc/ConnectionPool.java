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

  /** Sees to it that nobody meets again what is left on a connection that is in use. */
  void discard(Connection connection);

  @Override
  void close();
}
