package dev.tollgate.gateway.jdbc;

import com.zaxxer.hikari.HikariConfig;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;

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

  /** A connection of its own, for the migration; whoever asked closes it. */
  Connection connect() throws SQLException, IOException;

  /** How the connections for everything else are made and kept. */
  HikariConfig pool();

  /** The statement that begins a transaction which may write. */
  String begin();

  /** Commits, or throws: never does it end the transaction in another way and say nothing. */
  void commit(Connection connection) throws SQLException;

  /** The statement that begins a transaction whose reads all see the database at one moment. */
  String beginSnapshot();

  /** Lets what is asked on this connection take minutes, until the pool has it back. */
  void allowLongReads(Connection connection) throws SQLException;

  /** What follows a SELECT whose rows stay as they are until the transaction ends. */
  String forUpdate();

  /** An expression for the time by the database's own clock, in milliseconds since 1970. */
  String nowMillis();

  /** Copies a database that is about to be migrated, where that can be done from here. */
  void backUp(Connection connection, int version) throws SQLException, IOException;

  /** Keeps other migrations out until the transaction ends, which has just begun. */
  void lockForMigration(Connection connection) throws SQLException;

  /**
   * Whether the database will refuse the same again: the statement or its values are at fault, not
   * the hour. Anything else may succeed later, a full disk included; nothing was committed then, or
   * the answer to a commit got lost.
   */
  boolean refuses(SQLException e);

  /** Whether somebody else holds a row for longer than one waits for it here. */
  boolean isContended(SQLException e);

  /** Why something failed, in one line that holds neither a secret nor a row's values. */
  String reason(SQLException e);
}
