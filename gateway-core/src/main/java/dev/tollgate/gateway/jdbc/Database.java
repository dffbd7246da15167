package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.account.StoreUnavailableException;
import dev.tollgate.gateway.account.Transactions;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * A migrated database with a small connection pool, and the transactions on it. Safe for use by
 * many threads.
 */
final class Database implements Transactions, AutoCloseable {
  /** The name in messages for a database whose address only the application knows. */
  static final String OF_THE_APPLICATION = "of the application";

  private final SqlDialect dialect;
  private final ConnectionPool pool;
  // Null if the database allows several writers.
  private final @Nullable FairWriteLock writeLock;
  private final Durability durability;

  // The session of this thread's transaction; removed at its end.
  @SuppressWarnings("ThreadLocalUsage")
  private final ThreadLocal<@Nullable SqlSession> current = new ThreadLocal<>();

  private Database(SqlDialect dialect, ConnectionPool pool, String name) {
    this.dialect = dialect;
    this.pool = pool;
    this.durability = new Durability(dialect, name);
    this.writeLock = dialect.hasOneWriter() ? new FairWriteLock() : null;
  }

  /**
   * Opens and migrates the database.
   *
   * @throws DatabaseException if the database cannot be opened, is not a Tollgate database or is
   *     too new
   */
  static Database open(DatabaseOptions options, Migrator migrator) {
    return open(SqlDialect.of(options), options.name(), migrator);
  }

  /**
   * Opens and migrates an application's own database.
   *
   * @throws DatabaseException as in {@link #open(DatabaseOptions, Migrator)}
   */
  static Database open(DataSource source, Migrator migrator) {
    return open(SqlDialect.of(source), OF_THE_APPLICATION, migrator);
  }

  private static Database open(SqlDialect dialect, String name, Migrator migrator) {
    ConnectionPool pool = dialect.pool();
    try {
      pool.open(connection -> migrator.migrate(connection, dialect));
      return new Database(dialect, pool, name);
    } catch (SQLException e) {
      throw DatabaseException.cannotOpen(name, dialect.reason(e), e);
    } catch (IOException e) {
      throw DatabaseException.cannotOpen(name, DatabaseException.reason(e), e);
    }
  }

  /** The SQL dialect of this database. */
  SqlDialect dialect() {
    return dialect;
  }

  /** Whether the calling thread is in a transaction, whose changes may still be rolled back. */
  boolean isInTransaction() {
    return current.get() != null;
  }

  /** Reads, in the current transaction of the thread if there is one. */
  <T> T read(SqlSession.Work<T> work) {
    SqlSession joined = current.get();
    return joined != null
        ? answered(() -> work.run(joined))
        : with(
            connection ->
                dialect.readsInTransactions()
                    ? atOneMoment(connection, work)
                    : inSession(connection, work));
  }

  /**
   * Reads a consistent snapshot of the database, with no short time limit, and returns when it is
   * {@linkplain Durability durable}. Inside a transaction of the calling thread, reads in that
   * transaction instead.
   */
  <T> T snapshot(SqlSession.Work<T> work) {
    if (current.get() != null) {
      return read(work);
    }
    T read =
        with(
            connection -> {
              dialect.allowLongReads(connection);
              return atOneMoment(connection, work);
            });
    durability.await();
    return read;
  }

  private <T> T with(ConnectionPool.Work<T> work) {
    return answered(() -> pool.with(work));
  }

  private interface Question<T> {
    T ask() throws SQLException;
  }

  /**
   * @throws StoreUnavailableException if the database does not answer
   */
  private <T> T answered(Question<T> question) {
    try {
      return question.ask();
    } catch (SQLException e) {
      throw new StoreUnavailableException("the database does not answer: " + dialect.reason(e), e);
    }
  }

  private <T> T atOneMoment(Connection connection, SqlSession.Work<T> work) throws SQLException {
    begin(connection, dialect.beginSnapshot());
    T result;
    try (SqlSession sql = dialect.session(connection)) {
      result = work.run(sql);
    } catch (SQLException | RuntimeException | Error e) {
      rollBack(connection, pool, e);
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

  /** Writes, in the current transaction of the thread if there is one, otherwise in a new one. */
  <T> T write(SqlSession.Work<T> work) {
    return inTransaction(() -> read(work));
  }

  /** Runs one statement and returns the number of changed rows. */
  int update(String text, Query.Parameters parameters) {
    return write(sql -> parameters.set(sql.query(text)).update());
  }

  /** Reads all rows of one query. */
  <T> List<T> list(String text, Query.Parameters parameters, Query.Reader<T> reader) {
    return read(sql -> parameters.set(sql.query(text)).list(reader));
  }

  /** Whether one query has a row. */
  boolean exists(String text, Query.Parameters parameters) {
    return read(sql -> parameters.set(sql.query(text)).exists());
  }

  /** Reads the first row of one query; empty: there is none. */
  <T> Optional<T> first(String text, Query.Parameters parameters, Query.Reader<T> reader) {
    return read(sql -> parameters.set(sql.query(text)).first(reader));
  }

  /** Returns, or throws, when all that the work has read is durable. */
  @Override
  public <T> T inTransaction(Supplier<T> work) {
    if (current.get() != null) {
      return work.get();
    }
    try {
      return transaction(pool, work);
    } finally {
      durability.await();
    }
  }

  private <T> T transaction(ConnectionPool connections, Supplier<T> work) {
    durability.requireIntact();
    if (writeLock != null) {
      writeLock.lock();
    }
    try {
      return answered(
          () ->
              connections.with(
                  connection -> {
                    begin(connection, dialect.begin());
                    try {
                      T result = inSession(connection, work);
                      connections.committing();
                      dialect.commit(connection);
                      return result;
                    } catch (SQLException | RuntimeException | Error e) {
                      rollBack(connection, connections, e);
                      throw e;
                    }
                  }));
    } finally {
      if (writeLock != null) {
        writeLock.unlock();
      }
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

  /**
   * Writes a batch of the ledger, outside of any transaction. The commit may return before it is
   * durable, see {@link Durability}; until then it survives the end of this process only.
   */
  <T> T writeBatch(SqlSession.Work<T> work) {
    return transaction(durability.connections(pool), () -> read(work));
  }

  /** When commits are on the disk. */
  Durability durability() {
    return durability;
  }

  /** Whether the database would refuse the same statement again. */
  boolean refuses(StoreUnavailableException e) {
    return e.getCause() instanceof SQLException cause && dialect.refuses(cause);
  }

  /** Whether another session has kept a row locked for longer than a statement waits. */
  boolean isContended(StoreUnavailableException e) {
    return e.getCause() instanceof SQLException cause && dialect.isContended(cause);
  }

  /** A begin with several statements may fail after the transaction has started. */
  private void begin(Connection connection, String sql) throws SQLException {
    try {
      dialect.execute(connection, sql);
    } catch (SQLException | RuntimeException | Error e) {
      if (sql.contains(";")) {
        rollBack(connection, pool, e);
      } else {
        dialect.forgetStatements(connection);
      }
      throw e;
    }
  }

  private void rollBack(Connection connection, ConnectionPool connections, Throwable reason) {
    try {
      dialect.forgetStatements(connection);
      dialect.execute(connection, "ROLLBACK");
    } catch (SQLException e) {
      reason.addSuppressed(e);
      // The transaction may still be open on this connection.
      connections.discard(connection);
    }
  }

  /**
   * Runs one statement. Transactions begin and end with explicit statements, not by auto-commit: a
   * commit by the driver begins the next transaction at once, which takes the lock again, and a
   * begin that finds the database locked leaves the connection unusable.
   */
  static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  @Override
  public void close() {
    durability.close();
    pool.close();
  }
}
