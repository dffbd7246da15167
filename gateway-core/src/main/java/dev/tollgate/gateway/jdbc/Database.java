package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.account.StoreUnavailableException;
import dev.tollgate.gateway.account.Transactions;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * A migrated database behind a small pool, and the transactions on it. Safe for use by many
 * threads.
 */
final class Database implements Transactions, AutoCloseable {
  /** What messages call a database whose address only the application knows. */
  static final String OF_THE_APPLICATION = "of the application";

  private final SqlDialect dialect;
  private final ConnectionPool pool;
  // Null where any number may write at a time.
  private final @Nullable FairWriteLock writeLock;

  // The session of the transaction that this thread is in: one for each database, so not static;
  // removed when the transaction ends.
  @SuppressWarnings("ThreadLocalUsage")
  private final ThreadLocal<@Nullable SqlSession> current = new ThreadLocal<>();

  private Database(SqlDialect dialect, ConnectionPool pool) {
    this.dialect = dialect;
    this.pool = pool;
    this.writeLock = dialect.hasOneWriter() ? new FairWriteLock() : null;
  }

  /**
   * Opens and migrates the database.
   *
   * @throws DatabaseException if it cannot be opened, is not ours or is too new
   */
  static Database open(DatabaseOptions options, Migrator migrator) {
    return open(SqlDialect.of(options), options.name(), migrator);
  }

  /**
   * Opens and migrates an application's own database.
   *
   * @throws DatabaseException as {@link #open(DatabaseOptions, Migrator)}
   */
  static Database open(DataSource source, Migrator migrator) {
    return open(SqlDialect.of(source), OF_THE_APPLICATION, migrator);
  }

  private static Database open(SqlDialect dialect, String name, Migrator migrator) {
    ConnectionPool pool = dialect.pool();
    try {
      pool.open(connection -> migrator.migrate(connection, dialect));
      return new Database(dialect, pool);
    } catch (SQLException e) {
      throw cannotOpen(name, dialect.reason(e), e);
    } catch (IOException e) {
      throw cannotOpen(name, DatabaseException.reason(e), e);
    }
  }

  private static DatabaseException cannotOpen(String name, String why, Exception e) {
    return new DatabaseException("cannot open database " + name + ": " + why, e);
  }

  /** What to write where databases differ. */
  SqlDialect dialect() {
    return dialect;
  }

  /** Whether the calling thread is in a transaction, and so may yet undo what it does. */
  boolean isInTransaction() {
    return current.get() != null;
  }

  /** Reads, in the transaction that the thread is in, or outside any. */
  <T> T read(SqlSession.Work<T> work) {
    SqlSession joined = current.get();
    try {
      if (joined != null) {
        return work.run(joined);
      }
      return pool.with(
          connection ->
              dialect.readsInTransactions()
                  ? atOneMoment(connection, work)
                  : inSession(connection, work));
    } catch (SQLException e) {
      throw unavailable(e);
    }
  }

  /**
   * Reads, for as long as it takes, the database as it is at one moment; a transaction that the
   * thread is in sees what it always sees.
   */
  <T> T snapshot(SqlSession.Work<T> work) {
    if (current.get() != null) {
      return read(work);
    }
    try {
      return pool.with(
          connection -> {
            dialect.allowLongReads(connection);
            return atOneMoment(connection, work);
          });
    } catch (SQLException e) {
      throw unavailable(e);
    }
  }

  private <T> T atOneMoment(Connection connection, SqlSession.Work<T> work) throws SQLException {
    begin(connection, dialect.beginSnapshot());
    T result;
    try (SqlSession sql = dialect.session(connection)) {
      result = work.run(sql);
    } catch (SQLException | RuntimeException | Error e) {
      rollBack(connection, e);
      throw e;
    }
    dialect.execute(connection, "ROLLBACK");
    return result;
  }

  private <T> T inSession(Connection connection, SqlSession.Work<T> work) throws SQLException {
    try (SqlSession sql = dialect.session(connection)) {
      return work.run(sql);
    } catch (SQLException | RuntimeException | Error e) {
      forgetStatements(connection, e);
      throw e;
    }
  }

  private void forgetStatements(Connection connection, Throwable reason) {
    try {
      dialect.forgetStatements(connection);
    } catch (SQLException e) {
      reason.addSuppressed(e);
    }
  }

  /** Writes, in the transaction that the thread is in, or in one of its own. */
  <T> T write(SqlSession.Work<T> work) {
    return inTransaction(() -> read(work));
  }

  @Override
  public <T> T inTransaction(Supplier<T> work) {
    if (current.get() != null) {
      return work.get();
    }
    if (writeLock == null) {
      return transaction(work);
    }
    writeLock.lock();
    try {
      return transaction(work);
    } finally {
      writeLock.unlock();
    }
  }

  private <T> T transaction(Supplier<T> work) {
    try {
      return pool.with(connection -> transaction(connection, work));
    } catch (SQLException e) {
      throw unavailable(e);
    }
  }

  private <T> T transaction(Connection connection, Supplier<T> work) throws SQLException {
    begin(connection, dialect.begin());
    try {
      T result = inSession(connection, work);
      dialect.commit(connection);
      return result;
    } catch (SQLException | RuntimeException | Error e) {
      rollBack(connection, e);
      throw e;
    }
  }

  private <T> T inSession(Connection connection, Supplier<T> work) throws SQLException {
    try (SqlSession sql = dialect.session(connection)) {
      current.set(sql);
      return work.get();
    } finally {
      current.remove();
    }
  }

  /** Whether the database will refuse the same again. */
  boolean refuses(StoreUnavailableException e) {
    return e.getCause() instanceof SQLException cause && dialect.refuses(cause);
  }

  /** Whether another session holds a row lock for longer than a statement waits. */
  boolean isContended(StoreUnavailableException e) {
    return e.getCause() instanceof SQLException cause && dialect.isContended(cause);
  }

  /** What takes several statements may fail half-way. */
  private void begin(Connection connection, String sql) throws SQLException {
    try {
      dialect.execute(connection, sql);
    } catch (SQLException | RuntimeException | Error e) {
      if (sql.contains(";")) {
        rollBack(connection, e);
      } else {
        dialect.forgetStatements(connection);
      }
      throw e;
    }
  }

  private void rollBack(Connection connection, Throwable reason) {
    try {
      dialect.forgetStatements(connection);
      dialect.execute(connection, "ROLLBACK");
    } catch (SQLException e) {
      reason.addSuppressed(e);
      // The transaction may still be open on it.
      pool.discard(connection);
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

  private StoreUnavailableException unavailable(SQLException e) {
    return new StoreUnavailableException("the database does not answer: " + dialect.reason(e), e);
  }

  @Override
  public void close() {
    pool.close();
  }
}
