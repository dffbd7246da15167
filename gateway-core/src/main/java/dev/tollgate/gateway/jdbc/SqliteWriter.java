package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.threads.OwnThreads;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.sql.Connection;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * The connection with which a server's ledger writes a SQLite database. Its commits may return
 * before they are on the disk, see {@link LogForcer}; those of all other connections do not. Safe
 * for use by many threads, of which one at a time commits.
 */
final class SqliteWriter implements ConnectionPool {
  private static final Logger LOG = System.getLogger(SqliteWriter.class.getName());

  private final FilePool beside;
  private final ConnectionPool own;
  private final Checkpointer checkpointer;
  private final Connection anchor;
  // Null if each commit waits for the disk.
  private final @Nullable LogForcer forcer;

  /**
   * @param beside the other connections to the same file
   * @param own has one connection
   * @param anchor never used, and open for as long as this writer: the end of a database's last
   *     connection would delete its log
   * @param forcer null: each commit of {@code own} waits for the disk
   */
  SqliteWriter(
      FilePool beside,
      ConnectionPool own,
      Connection anchor,
      @Nullable LogForcer forcer,
      OwnThreads threads) {
    this.beside = beside;
    this.own = own;
    this.anchor = anchor;
    this.forcer = forcer;
    this.checkpointer =
        new Checkpointer(beside, forcer == null ? () -> {} : forcer::requireIntact, threads);
  }

  @Override
  public void open(First first) throws SQLException, IOException {
    own.open(first);
  }

  /** Runs a transaction of the ledger. */
  @Override
  public <T> T with(Work<T> transaction) throws SQLException {
    beside.requireInPlace();
    return own.with(
        connection -> {
          T result;
          try {
            result = transaction.run(connection);
          } finally {
            if (forcer != null) {
              forcer.committed();
            }
          }
          checkpointer.committed(connection);
          return result;
        });
  }

  @Override
  public void committing() {
    if (forcer != null) {
      forcer.committing();
    }
  }

  @Override
  public void discard(Connection connection) {
    own.discard(connection);
  }

  /** Null if each commit waits for the disk. */
  @Nullable LogForcer forcer() {
    return forcer;
  }

  @Override
  public void close() {
    if (forcer != null) {
      forcer.close();
    }
    checkpointer.close();
    if (beside.hasLostFile()) {
      return;
    }
    own.close();
    try {
      anchor.close();
    } catch (SQLException e) {
      LOG.log(Level.DEBUG, "cannot close a connection: {0}", e.getMessage());
    }
  }
}
