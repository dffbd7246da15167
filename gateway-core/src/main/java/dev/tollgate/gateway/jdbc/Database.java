package dev.tollgate.gateway.jdbc;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.tollgate.gateway.account.OwnerOnly;
import dev.tollgate.gateway.account.StoreUnavailableException;
import dev.tollgate.gateway.account.Transactions;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteConfig.JournalMode;
import org.sqlite.SQLiteConfig.SynchronousMode;
import org.sqlite.SQLiteDataSource;
import org.sqlite.SQLiteErrorCode;

/**
 * A migrated SQLite database behind a small pool. Write-ahead logging lets reads go on beside a
 * writer; every commit is synced; a transaction begins {@code IMMEDIATE}, so that it either may
 * write or waits at its start. Safe for use by many threads.
 */
final class Database implements Transactions, AutoCloseable {
  private static final int POOL_SIZE = 4;
  private static final int BUSY_TIMEOUT_MILLIS = 3_000;
  private static final long RETRY_NANOS = 10_000_000;
  private static final long CONNECTION_TIMEOUT_MILLIS = 3_000;

  private final HikariDataSource pool;

  // The connection of the transaction that this thread is in: one for each database, so not static;
  // removed when the transaction ends.
  @SuppressWarnings("ThreadLocalUsage")
  private final ThreadLocal<@Nullable Connection> current = new ThreadLocal<>();

  /** Work on a connection. */
  interface Work<T> {
    T run(Connection connection) throws SQLException;
  }

  private Database(HikariDataSource pool) {
    this.pool = pool;
  }

  /**
   * Opens and migrates the database.
   *
   * @throws DatabaseException if it cannot be opened, is not ours or is too new
   */
  static Database open(DatabaseOptions options, Migrator migrator) {
    Path file = options.file().toAbsolutePath();
    SQLiteDataSource source = source(file);
    try {
      createForOwner(file);
      try (Connection connection = firstConnection(source)) {
        migrator.migrate(connection, file);
      }
      HikariConfig config = new HikariConfig();
      config.setPoolName("tollgate-database");
      config.setDataSource(source);
      config.setMaximumPoolSize(POOL_SIZE);
      config.setMinimumIdle(1);
      config.setConnectionTimeout(CONNECTION_TIMEOUT_MILLIS);
      return new Database(new HikariDataSource(config));
    } catch (SQLException | IOException e) {
      throw new DatabaseException(
          "cannot open database " + file + ": " + DatabaseException.reason(e), e);
    }
  }

  private static SQLiteDataSource source(Path file) {
    SQLiteConfig config = new SQLiteConfig();
    config.setJournalMode(JournalMode.WAL);
    config.setSynchronous(SynchronousMode.FULL);
    config.setBusyTimeout(BUSY_TIMEOUT_MILLIS);
    config.enforceForeignKeys(true);
    SQLiteDataSource source = new SQLiteDataSource(config);
    source.setUrl("jdbc:sqlite:" + file);
    return source;
  }

  /** A new database's switch to write-ahead logging fails where anything else waits for a lock. */
  private static Connection firstConnection(SQLiteDataSource source) throws SQLException {
    long start = System.nanoTime();
    while (true) {
      try {
        return source.getConnection();
      } catch (SQLException e) {
        boolean busy = (e.getErrorCode() & 0xff) == SQLiteErrorCode.SQLITE_BUSY.code;
        if (!busy || System.nanoTime() - start > BUSY_TIMEOUT_MILLIS * 1_000_000L) {
          throw e;
        }
        LockSupport.parkNanos(RETRY_NANOS);
      }
    }
  }

  /** SQLite gives the files it makes beside the database the database's own permissions. */
  static void createForOwner(Path file) throws IOException {
    try {
      Files.createFile(file, OwnerOnly.attributes(file));
    } catch (FileAlreadyExistsException e) {
      // As it should be, but for the first time.
    }
  }

  /** Reads, in the transaction that the thread is in, or outside any. */
  <T> T read(Work<T> work) {
    Connection joined = current.get();
    try {
      if (joined != null) {
        return work.run(joined);
      }
      try (Connection connection = pool.getConnection()) {
        return work.run(connection);
      }
    } catch (SQLException e) {
      throw unavailable(e);
    }
  }

  /** Writes, in the transaction that the thread is in, or in one of its own. */
  <T> T write(Work<T> work) {
    return inTransaction(() -> read(work));
  }

  @Override
  public <T> T inTransaction(Supplier<T> work) {
    if (current.get() != null) {
      return work.get();
    }
    try (Connection connection = pool.getConnection()) {
      execute(connection, "BEGIN IMMEDIATE");
      current.set(connection);
      try {
        T result = work.get();
        execute(connection, "COMMIT");
        return result;
      } catch (SQLException | RuntimeException | Error e) {
        rollBack(connection, e);
        throw e;
      } finally {
        current.remove();
      }
    } catch (SQLException e) {
      throw unavailable(e);
    }
  }

  private void rollBack(Connection connection, Throwable reason) {
    try {
      execute(connection, "ROLLBACK");
    } catch (SQLException e) {
      reason.addSuppressed(e);
      // Nobody may meet what is left of the transaction.
      pool.evictConnection(connection);
    }
  }

  /**
   * Runs one statement. Transactions begin and end by it and not by the driver's auto-commit: a
   * commit of the driver begins the next transaction at once, which takes the lock again, and a
   * begin that finds the database locked leaves the connection unusable.
   */
  static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static StoreUnavailableException unavailable(SQLException e) {
    return new StoreUnavailableException(
        "the database does not answer: " + DatabaseException.reason(e), e);
  }

  @Override
  public void close() {
    pool.close();
  }
}
