package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.account.StoreUnavailableException;
import dev.tollgate.gateway.threads.OwnThreads;
import java.io.IOException;
import java.sql.SQLException;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Tells when the commits of a database are on the disk. All are when they return, but for those of
 * a server's ledger on SQLite: see {@link HoldDurability}. Safe for use by many threads.
 */
final class Durability implements AutoCloseable {
  private final SqlDialect dialect;
  private final String name;
  // Null until start, or if the ledger uses the pool.
  private volatile @Nullable SqliteWriter writer;

  /**
   * @param name of the database, in messages
   */
  Durability(SqlDialect dialect, String name) {
    this.dialect = dialect;
    this.name = name;
  }

  /**
   * Gives the ledger of a server its own way to commit. Call it once, when the database is open.
   *
   * @param onForced see {@link LogForcer}
   * @throws DatabaseException if its connection cannot be opened, or the disk refuses
   */
  void start(HoldDurability holds, OwnThreads threads, Runnable onForced) {
    try {
      writer = dialect.writer(holds, threads, onForced).orElse(null);
    } catch (SQLException e) {
      throw DatabaseException.cannotOpen(name, dialect.reason(e), e);
    } catch (IOException e) {
      throw DatabaseException.cannotOpen(name, DatabaseException.reason(e), e);
    }
  }

  /** The connections for batches of the ledger. */
  ConnectionPool connections(ConnectionPool pool) {
    SqliteWriter own = writer;
    return own == null ? pool : own;
  }

  /** Null if each commit is durable when it returns. */
  private @Nullable LogForcer forcer() {
    SqliteWriter own = writer;
    return own == null ? null : own.forcer();
  }

  /** Whether a batch that is written now would have to wait for the disk behind another. */
  boolean isForcing() {
    LogForcer forcer = forcer();
    return forcer != null && forcer.isForcing();
  }

  /**
   * Runs a task once all commits before this call are durable: now, or on another thread.
   *
   * @param never runs instead, on any thread, if the disk does not take them
   */
  void whenDurable(Runnable told, Consumer<RuntimeException> never) {
    LogForcer forcer = forcer();
    if (forcer == null) {
      told.run();
    } else {
      forcer.whenForced(told, never);
    }
  }

  /**
   * Checks that something may be written.
   *
   * @throws StoreUnavailableException if the disk has refused the log once
   */
  void requireIntact() {
    LogForcer forcer = forcer();
    if (forcer != null) {
      forcer.requireIntact();
    }
  }

  /**
   * Waits until all commits before this call are durable, so that their content may be told.
   *
   * @throws StoreUnavailableException if the disk does not take them in time
   */
  void await() {
    LogForcer forcer = forcer();
    if (forcer != null) {
      forcer.await();
    } else if (writer == null) {
      forceOfOthers();
    }
  }

  /** This process has no writer, but another one may have commits that are not durable yet. */
  private void forceOfOthers() {
    try {
      dialect.forceLog();
    } catch (IOException e) {
      throw new StoreUnavailableException("the disk does not take the database's log", e);
    }
  }

  /** How much of the log is on the disk, at least; empty: each commit is. */
  OptionalLong forcedLogBytes() {
    LogForcer forcer = forcer();
    return forcer == null ? OptionalLong.empty() : OptionalLong.of(forcer.forcedLogBytes());
  }

  @Override
  public void close() {
    if (writer != null) {
      writer.close();
    }
  }
}
