package dev.tollgate.gateway.jdbc;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;

/**
 * All that differs from one kind of database to the other. It knows which database it speaks for;
 * safe for use by many threads.
 */
sealed interface SqlDialect permits SqliteDialect, PostgresDialect {
  /**
   * @throws DatabaseException if the driver is not there
   */
  static SqlDialect of(DatabaseOptions options) {
    return options
        .file()
        .<SqlDialect>map(file -> new SqliteDialect(file.toAbsolutePath()))
        .orElseGet(() -> new PostgresDialect(options));
  }

  /**
   * Finds out what an application's connections lead to.
   *
   * @throws DatabaseException if that is not PostgreSQL, or cannot be asked
   */
  static SqlDialect of(DataSource source) {
    String product;
    try (Connection connection = source.getConnection()) {
      product = connection.getMetaData().getDatabaseProductName();
    } catch (SQLException | RuntimeException e) {
      throw new DatabaseException(
          "cannot open database " + Database.OF_THE_APPLICATION + ": " + e.getMessage(), e);
    }
    if (!product.equals("PostgreSQL")) {
      throw new DatabaseException(
          "the data source leads to "
              + product
              + ", but has to lead to PostgreSQL; without a data source, a SQLite file of the"
              + " gateway's own does, see tollgate.database.url");
    }
    return new PostgresDialect(source);
  }

  /** Where its connections come from; to be closed by who asked. */
  ConnectionPool pool();

  /** The statement that begins a transaction which may write. */
  String begin();

  /** Commits, or throws: never does it end the transaction in another way and say nothing. */
  void commit(Connection connection) throws SQLException;

  /** The statement that begins a transaction whose reads all see the database at one moment. */
  String beginSnapshot();

  /** Whether the tables are seen only within a transaction that was begun here. */
  boolean readsInTransactions();

  /** Whether all but one who want to write wait until that one has committed. */
  boolean hasOneWriter();

  /** Lets what is asked on this connection take minutes, until the pool has it back. */
  void allowLongReads(Connection connection) throws SQLException;

  /** Executes one of the few statements that begin and end transactions. */
  void execute(Connection connection, String sql) throws SQLException;

  /** A session for one piece of work on a connection; to be closed with it. */
  SqlSession session(Connection connection) throws SQLException;

  /** Says that a statement failed, after which its driver may have given it up. */
  void forgetStatements(Connection connection) throws SQLException;

  /** What follows a SELECT whose rows stay as they are until the transaction ends. */
  String forUpdate();

  /** An expression for the time by the database's own clock, in milliseconds since 1970. */
  String nowMillis();

  /** Whether a database is copied before it is migrated. */
  boolean backsUp();

  /** Copies a database that is about to be migrated. */
  void backUp(Connection connection, int version) throws SQLException, IOException;

  /**
   * Keeps other migrations out until the transaction ends, which has just begun; makes the place
   * for the tables if there is none.
   */
  void lockForMigration(Connection connection) throws SQLException;

  /**
   * Whether the database will refuse the same again: the statement or its values are at fault, not
   * the hour. Anything else may succeed later, a full disk included; nothing was committed then, or
   * the answer to a commit got lost.
   */
  boolean refuses(SQLException e);

  /** Whether another session holds a row lock for longer than a statement waits. */
  boolean isContended(SQLException e);

  /** Why something failed, in one line that holds neither a secret nor a row's values. */
  String reason(SQLException e);
}
