package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.threads.OwnThreads;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import javax.sql.DataSource;

/**
 * The differences between the kinds of databases. An instance belongs to one database. Safe for use
 * by many threads.
 */
sealed interface SqlDialect permits SqliteDialect, PostgresDialect {
  /**
   * @throws DatabaseException if the driver is missing
   */
  static SqlDialect of(DatabaseOptions options) {
    return options
        .file()
        .<SqlDialect>map(file -> new SqliteDialect(file.toAbsolutePath()))
        .orElseGet(() -> new PostgresDialect(options));
  }

  /**
   * The dialect of the database that an application's connections lead to.
   *
   * @throws DatabaseException if the database is not PostgreSQL, or does not answer
   */
  static SqlDialect of(DataSource source) {
    String product;
    try (Connection connection = source.getConnection()) {
      product = connection.getMetaData().getDatabaseProductName();
    } catch (SQLException | RuntimeException e) {
      throw DatabaseException.cannotOpen(Database.OF_THE_APPLICATION, e.getMessage(), e);
    }
    if (!product.equals("PostgreSQL")) {
      throw new DatabaseException(
          "the data source is a database of "
              + product
              + ", but must be one of PostgreSQL; for a SQLite file, give no data source and set"
              + " tollgate.database.url");
    }
    return new PostgresDialect(source);
  }

  /** The pool of connections to the database; the caller must open and close it. */
  ConnectionPool pool();

  /**
   * The connection of a server's ledger; empty: it uses the pool, and each commit is durable. Call
   * this once, when the pool is open, and close the result before the pool.
   *
   * @param threads for work beside the writer
   * @param onForced see {@link LogForcer}
   */
  default Optional<SqliteWriter> writer(
      HoldDurability durability, OwnThreads threads, Runnable onForced)
      throws SQLException, IOException {
    return Optional.empty();
  }

  /**
   * Makes all commits durable, also those of another process; returns when they are.
   *
   * @throws IOException if they cannot be made durable
   */
  default void forceLog() throws IOException {}

  /** The statement that begins a transaction that may write. */
  String begin();

  /** Commits, or throws. Must never end the transaction in another way without an exception. */
  void commit(Connection connection) throws SQLException;

  /** The statement that begins a transaction whose reads all see the same snapshot. */
  String beginSnapshot();

  /**
   * Whether the tables are visible only in a transaction begun with {@link #begin} or {@link
   * #beginSnapshot}.
   */
  default boolean readsInTransactions() {
    return false;
  }

  /** Whether only one transaction may write at a time, while the others wait. */
  default boolean hasOneWriter() {
    return false;
  }

  /** Allows statements on this connection to take minutes, until it returns to the pool. */
  default void allowLongReads(Connection connection) throws SQLException {}

  /**
   * Whether the changes of this session overwrite deleted data with zeros from now on, so that no
   * tool finds it in the file. Does nothing if the database cannot do so.
   */
  default void overwriteDeleted(SqlSession sql, boolean overwrite) throws SQLException {}

  /** Runs one of the few statements that begin and end transactions. */
  void execute(Connection connection, String sql) throws SQLException;

  /** A session for one piece of work on a connection; close it with the work. */
  SqlSession session(Connection connection) throws SQLException;

  /** Discards cached statements after a failure, because the driver may have closed them. */
  default void forgetStatements(Connection connection) throws SQLException {}

  /** The order in which entries were booked. */
  BookingOrder bookingOrder();

  /** The suffix for a SELECT that locks its rows until the transaction ends. */
  String forUpdate();

  /** An expression for the time of the database's own clock, in milliseconds since 1970. */
  String nowMillis();

  /** Adapts a migrated database to its server, in the transaction of the migration. */
  default void adapt(Connection connection) throws SQLException {}

  /** Whether the gateway backs up a database before it migrates it. */
  default boolean backsUp() {
    return false;
  }

  /** The statements of a migration. */
  default String statements(Migrator.Migration migration) {
    return migration.sql();
  }

  /** Backs up a database that is about to be migrated. */
  default void backUp(Connection connection, int version) throws SQLException, IOException {}

  /**
   * Blocks other migrations until the end of the transaction, which has just begun. Creates the
   * schema for the tables if it is missing.
   */
  void lockForMigration(Connection connection) throws SQLException;

  /**
   * Whether the database would refuse the same statement again, because the statement or its values
   * are at fault. Any other failure is temporary, even a full disk. After such a failure nothing
   * was committed, or the answer to the commit was lost.
   */
  boolean refuses(SQLException e);

  /** Whether another session has kept a row locked for longer than a statement waits. */
  default boolean isContended(SQLException e) {
    return false;
  }

  /** The reason for a failure, in one line without secrets or values of rows. */
  String reason(SQLException e);
}
