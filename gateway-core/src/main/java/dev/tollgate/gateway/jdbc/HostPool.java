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
 * Connections of the application that embeds the gateway. Each connection is returned in its
 * original state. All other session settings that the gateway needs are set per transaction.
 */
final class HostPool implements ConnectionPool {
  /** Enough for the writer, the poll, and one or two requests that miss the caches. */
  private static final int CONNECTIONS = 4;

  private final DataSource source;
  private final int timeoutMillis;
  // Fair: the ledger's writer must not queue behind look-ups of keys that do not exist.
  private final Semaphore free = new Semaphore(CONNECTIONS, true);

  /**
   * @param timeoutMillis how long a call waits for a free connection, and then for each response of
   *     the server
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
        throw new SQLException(
            "the data source returned a connection with an open transaction"
                + " of the application");
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

  /** Converts any exception that the application's code throws. */
  private Connection connect() throws SQLException {
    try {
      return source.getConnection();
    } catch (RuntimeException e) {
      throw new SQLTransientConnectionException(String.valueOf(e.getMessage()), e);
    }
  }

  /** Whether a transaction is open, which turning auto-commit on would commit. */
  private static boolean isInTransaction(Connection connection) throws SQLException {
    try {
      return connection.isWrapperFor(BaseConnection.class)
          && connection.unwrap(BaseConnection.class).getTransactionState() != TransactionState.IDLE;
    } catch (LinkageError e) {
      // The application's driver is in a class loader that the gateway cannot see.
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

  /** Aborts the connection; a pool does not reuse an aborted connection. */
  @Override
  public void discard(Connection connection) {
    try {
      connection.abort(Runnable::run);
    } catch (SQLException e) {
      // The connection is already broken.
    }
  }

  /** Does nothing: the application closes its own data source. */
  @Override
  public void close() {}
}
