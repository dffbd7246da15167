package dev.tollgate.gateway.jdbc;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;

/** The source of a database's connections. Safe for use by many threads. */
sealed interface ConnectionPool extends AutoCloseable
    permits OwnPool, HostPool, FilePool, SqliteWriter {
  /** Work on a connection. */
  interface Work<T> {
    T run(Connection connection) throws SQLException;
  }

  /** The work that must be done first, before any other. */
  interface First {
    void run(Connection connection) throws SQLException, IOException;
  }

  /**
   * Runs the first work. Call this once, before {@link #with}.
   *
   * @throws IOException if a file cannot be created
   */
  void open(First first) throws SQLException, IOException;

  /**
   * Runs work on a connection in auto-commit mode, and returns the connection in its original
   * state.
   */
  <T> T with(Work<T> work) throws SQLException;

  /** The work is about to commit, and others may see its changes from then on. */
  default void committing() {}

  /** Keeps a connection that is in use from returning to the pool in an unknown state. */
  void discard(Connection connection);

  @Override
  void close();
}
