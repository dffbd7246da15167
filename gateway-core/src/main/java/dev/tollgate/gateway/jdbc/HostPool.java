package dev.tollgate.gateway.jdbc;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.postgresql.core.BaseConnection;
import org.postgresql.core.TransactionState;

/**
 * Connections of the application that the gateway lives in. Each goes back as it came; whatever
 * else the gateway needs of a session it sets for a transaction at a time.
 */
final class HostPool implements ConnectionPool {
  /** As many as the writer, the poll, and a request or two that miss the caches. */
  private static final int CONNECTIONS = 4;

  private final DataSource source;
  private final int timeoutMillis;
  // Fair: the ledger's writer must not wait behind look-ups of keys that do not exist.
  private final Semaphore free = new Semaphore(CONNECTIONS, true);

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
    take();
    try (Connection connection = connect()) {
      boolean autoCommit = connection.getAutoCommit();
      if (!autoCommit && isInTransaction(connection)) {
        throw new SQLException("the data source gives out the application's own transaction");
      }
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
    } finally {
      free.release();
    }
  }

  private void take() throws SQLException {
    try {
      if (free.tryAcquire(timeoutMillis, TimeUnit.MILLISECONDS)) {
        return;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    throw new SQLTransientConnectionException("all connections are in use");
  }

  /** Whatever the application's code throws. */
  private Connection connect() throws SQLException {
    try {
      return source.getConnection();
    } catch (RuntimeException e) {
      throw new SQLTransientConnectionException(String.valueOf(e.getMessage()), e);
    }
  }

  /** To turn auto-commit on would commit it. */
  private static boolean isInTransaction(Connection connection) throws SQLException {
    try {
      return connection.isWrapperFor(BaseConnection.class)
          && connection.unwrap(BaseConnection.class).getTransactionState() != TransactionState.IDLE;
    } catch (LinkageError e) {
      // The application's driver is where the gateway does not see it.
      return false;
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

  /** The application closes its own data source. */
  @Override
  public void close() {}
}
