package dev.tollgate.gateway.jdbc;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import javax.sql.DataSource;

/**
 * Connections of the application that the gateway lives in. Each goes back as it came; whatever
 * else the gateway needs of a session it sets for a transaction at a time.
 */
final class HostPool implements ConnectionPool {
  private final DataSource source;
  private final int timeoutMillis;

  /**
   * @param timeoutMillis how long the server may be silent within a call
   */
  HostPool(DataSource source, int timeoutMillis) {
    this.source = source;
    this.timeoutMillis = timeoutMillis;
  }

  @Override
  public void open(First first) throws SQLException, IOException {
    Optional<IOException> failure =
        with(
            connection -> {
              try {
                first.run(connection);
                return Optional.empty();
              } catch (IOException e) {
                return Optional.of(e);
              }
            });
    if (failure.isPresent()) {
      throw failure.get();
    }
  }

  @Override
  public <T> T with(Work<T> work) throws SQLException {
    try (Connection connection = source.getConnection()) {
      boolean autoCommit = connection.getAutoCommit();
      int before = connection.getNetworkTimeout();
      try {
        if (!autoCommit) {
          connection.setAutoCommit(true);
        }
        connection.setNetworkTimeout(Runnable::run, timeoutMillis);
        return work.run(connection);
      } finally {
        restore(connection, autoCommit, before);
      }
    }
  }

  private void restore(Connection connection, boolean autoCommit, int networkTimeoutMillis) {
    try {
      if (!connection.isClosed()) {
        connection.setNetworkTimeout(Runnable::run, networkTimeoutMillis);
        if (!autoCommit) {
          connection.setAutoCommit(false);
        }
      }
    } catch (SQLException e) {
      discard(connection);
    }
  }

  /** A pool does not hand out again what was aborted. */
  @Override
  public void discard(Connection connection) {
    try {
      connection.abort(Runnable::run);
    } catch (SQLException e) {
      // It is broken already.
    }
  }

  /** Whoever made it closes it. */
  @Override
  public void close() {}
}
