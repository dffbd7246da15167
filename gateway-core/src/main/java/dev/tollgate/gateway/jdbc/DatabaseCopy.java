package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.account.MasterKey;
import dev.tollgate.gateway.ledger.Balance;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The copy of a SQLite database into an empty PostgreSQL database.
 *
 * <p>The source is locked for servers, and for the changes of commands, until the copy ends. All
 * rows are copied in one transaction of the target, and compared with the source before it is
 * committed. So the target has either all of it or nothing, also after a crash.
 *
 * <p>Leases are not copied. To the first server on the target, the owners of all open and pending
 * holds are therefore gone, and it adopts these holds at once, see {@link Lease}.
 */
public final class DatabaseCopy {
  private static final String SETTINGS =
      // Defaults of the server for its other clients must not end a long transaction.
      "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0;"
          + " SET LOCAL synchronous_commit = on";

  private final DatabaseLocation location;
  private final DatabaseOptions target;
  private final Instant now;
  private final Duration maxDelay;

  /** A copied table. */
  public record Table(String name, long rows) {}

  /** A figure that is not the same on both sides. */
  public record Difference(String subject, String source, String target) {}

  /**
   * The result of a copy.
   *
   * @param differences empty: the copy is complete and committed. Otherwise nothing was copied
   * @param violations the number of rows of the copy that violate a rule of {@code check}; each is
   *     one of the differences
   * @param balance the sum of all projects' balances
   * @param open the number of open requests
   * @param pending the number of pending requests
   */
  public record Result(
      List<Difference> differences,
      long violations,
      List<Table> tables,
      Balance balance,
      long open,
      long pending) {
    /** Copies the lists. */
    public Result {
      differences = List.copyOf(differences);
      tables = List.copyOf(tables);
    }

    /** The number of rows of a table; 0: there is no such table. */
    public long rows(String table) {
      return tables.stream().filter(each -> each.name().equals(table)).mapToLong(Table::rows).sum();
    }
  }

  private DatabaseCopy(
      DatabaseLocation location, DatabaseOptions target, Instant now, Duration maxDelay) {
    this.location = location;
    this.target = target;
    this.now = now;
    this.maxDelay = maxDelay;
  }

  /**
   * Copies a database.
   *
   * @param source a SQLite file that no server has open; migrated to the schema of this build
   * @param masterKey as for {@link JdbcStores#open}
   * @param target an existing PostgreSQL database without content
   * @param now the time for the check of both sides
   * @param maxDelay as for {@link dev.tollgate.gateway.ledger.Reports#violations}
   * @throws DatabaseException if one of them cannot be used, the source breaks a rule of {@code
   *     check} or holds a sealed text that the master key does not open, or the copy fails. The
   *     target has no content then
   */
  public static Result run(
      DatabaseOptions source,
      @Nullable MasterKey masterKey,
      DatabaseOptions target,
      Instant now,
      Duration maxDelay) {
    DatabaseLocation location = DatabaseLocation.of(source);
    if (source.file().isEmpty()) {
      throw new DatabaseException(
          "database "
              + location.name()
              + " is not a SQLite file; only a SQLite file can be copied");
    }
    if (target.file().isPresent()) {
      throw new DatabaseException(
          "the target " + target.name() + " is a SQLite file, but must be a PostgreSQL database");
    }
    location.requireNotLost();
    if (location.isMissing()) {
      throw new DatabaseException("there is no database " + location.name());
    }
    return new DatabaseCopy(location, target, now, maxDelay).run(masterKey);
  }

  private Result run(@Nullable MasterKey configured) {
    ServerLock lock = location.lock();
    try (Database source = location.open()) {
      MasterKey masterKey =
          source.inTransaction(() -> MasterKeyCheck.masterKey(source, location, configured));
      // Reports a crash of the source's machine; the server on the target could not.
      new UncleanStop(source).onStart(Duration.ZERO, HoldDurability.POWER);
      return source.write(
          from -> {
            new SealedTexts(from, masterKey).requireReadable(location.name());
            requireNoViolation(from);
            return copy(from, masterKey);
          });
    } finally {
      if (lock != null) {
        lock.close();
      }
    }
  }

  private void requireNoViolation(SqlSession source) throws SQLException {
    int violations = JdbcReports.violations(source, now, maxDelay).size();
    if (violations > 0) {
      throw new DatabaseException(
          "check finds %d violations in database %s, which is therefore not copied; run check"
              .formatted(violations, location.name()));
    }
  }

  private Result copy(SqlSession source, MasterKey masterKey) {
    PostgresDialect dialect = new PostgresDialect(target);
    // Without a commit, closing the connection rolls all of it back.
    try (Connection connection = dialect.connect()) {
      prepare(source, dialect, connection);
      Database.execute(connection, dialect.begin());
      // Keeps out servers and commands, which migrate first.
      dialect.lockForMigration(connection);
      Database.execute(connection, SETTINGS);
      Result result;
      try (SqlSession to = dialect.session(connection)) {
        result = copy(source, to, masterKey);
      }
      if (result.differences().isEmpty()) {
        dialect.commit(connection);
      }
      return result;
    } catch (SQLException e) {
      throw new DatabaseException(
          "cannot copy to database " + target.name() + ": " + dialect.reason(e), e);
    }
  }

  /** Migrates a target without content. Any other target stays unchanged. */
  private void prepare(SqlSession source, PostgresDialect dialect, Connection connection)
      throws SQLException {
    try (SqlSession to = dialect.session(connection)) {
      TableCopy.requireEmpty(to, target.name(), TableCopy.names(source));
    }
    try {
      Migrator.ofThisBuild().migrate(connection, dialect);
    } catch (IOException e) {
      throw new IllegalStateException("a migration of PostgreSQL writes no file", e);
    }
  }

  private Result copy(SqlSession source, SqlSession to, MasterKey masterKey) throws SQLException {
    TableCopy.requireEmpty(to, target.name(), TableCopy.names(source));
    List<TableCopy> copies = TableCopy.all(source, to);
    List<Table> tables = new ArrayList<>();
    for (TableCopy copy : copies) {
      copy.run(source, to);
      tables.add(new Table(copy.table(), CopyProof.rows(to, copy.table())));
    }
    new SealedTexts(to, masterKey).requireReadable(target.name());
    CopyProof proof = new CopyProof(copies, now, maxDelay);
    List<Difference> violations = proof.violations(to);
    List<Difference> differences = new ArrayList<>(proof.differences(source, to));
    differences.addAll(violations);
    return to.query(
            "SELECT coalesce(sum(CAST(credits_nanos AS NUMERIC) - charges_nanos), 0) AS total,"
                + " coalesce(sum(held_nanos), 0) AS held,"
                + " (SELECT count(*) FROM hold WHERE state = 'open') AS open_holds,"
                + " (SELECT count(*) FROM hold WHERE state = 'pending') AS pending_holds"
                + " FROM project")
        .one(
            row ->
                new Result(
                    differences,
                    violations.size(),
                    tables,
                    new Balance(row.sum("total"), row.sum("held")),
                    row.number("open_holds"),
                    row.number("pending_holds")));
  }
}
