package dev.tollgate.gateway.jdbc;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Migrates the schema to the version of this build. Migrations expand before they contract, so that
 * a build can run alongside the previous one on the same database. Each migration states the lowest
 * schema version that a build must know to run on the result.
 */
final class Migrator {
  // SQLite's driver runs only the first of several statements, and silently ignores the others.
  private static final Pattern END_OF_STATEMENT = Pattern.compile(";[ \\t]*(--[^\n]*)?\n\\s*");

  /** The version that brings the order of booking. */
  private static final int BOOKING_ORDER = 6;

  /**
   * One step.
   *
   * @param version 1, 2, 3 ...
   * @param minVersion the lowest schema version that a build must know to run on the result
   * @param sql statements, each ended by a semicolon at the end of a line or before a comment there
   * @param postgresSql further statements for PostgreSQL
   */
  record Migration(int version, int minVersion, String sql, String postgresSql) {
    /** A step that is the same on every database. */
    Migration(int version, int minVersion, String sql) {
      this(version, minVersion, sql, "");
    }
  }

  private record Schema(int version, int minVersion) {}

  private final List<Migration> migrations;
  private final int known;

  Migrator(List<Migration> migrations) {
    this.migrations = List.copyOf(migrations);
    this.known = migrations.get(migrations.size() - 1).version();
  }

  List<Migration> migrations() {
    return migrations;
  }

  /** The migrations of this build. */
  static Migrator ofThisBuild() {
    return new Migrator(
        List.of(
            new Migration(1, 1, resource("V1__accounts.sql")),
            new Migration(2, 1, resource("V2__money.sql")),
            new Migration(3, 1, resource("V3__limits.sql")),
            new Migration(4, 1, resource("V4__fallbacks.sql")),
            new Migration(5, 1, resource("V5__names_and_caps.sql")),
            new Migration(
                BOOKING_ORDER,
                1,
                resource("V6__end_users_refunds_and_origins.sql"),
                resource("V6__booking_order.postgresql.sql"))));
  }

  private static String resource(String name) {
    try (InputStream in = Migrator.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException(name + " is missing from the jar");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new IllegalStateException("cannot read " + name, e);
    }
  }

  /**
   * Migrates in one transaction that blocks other migrations. A database with data is backed up
   * first, if the dialect supports that.
   *
   * @throws DatabaseException if the schema is too new for this build
   */
  void migrate(Connection connection, SqlDialect dialect) throws SQLException, IOException {
    if (dialect.backsUp()) {
      int before = schemaIfAny(connection, dialect).version();
      if (before > 0 && before < known) {
        dialect.backUp(connection, before);
      }
    }
    try {
      Database.execute(connection, dialect.begin());
      dialect.lockForMigration(connection);
      Database.execute(
          connection,
          "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL PRIMARY KEY,"
              + " min_version INTEGER NOT NULL, applied_at BIGINT NOT NULL)");
      // Read again: another process may have migrated in the meantime.
      Schema schema = schema(connection, dialect);
      if (schema.minVersion() > known) {
        throw new DatabaseException(
            "the database has schema version "
                + schema.version()
                + ", which needs a newer Tollgate: this one knows versions up to "
                + known);
      }
      for (Migration migration : migrations) {
        if (migration.version() > schema.version()) {
          apply(connection, dialect, migration);
        }
      }
      if (known >= BOOKING_ORDER) {
        dialect.adapt(connection);
      }
      dialect.commit(connection);
    } catch (SQLException | RuntimeException | Error e) {
      try {
        Database.execute(connection, "ROLLBACK");
      } catch (SQLException suppressed) {
        e.addSuppressed(suppressed);
      }
      throw e;
    }
  }

  private static Schema schemaIfAny(Connection connection, SqlDialect dialect) throws SQLException {
    try (ResultSet table =
        connection.getMetaData().getTables(null, connection.getSchema(), "schema_version", null)) {
      if (!table.next()) {
        return new Schema(0, 0);
      }
    }
    return schema(connection, dialect);
  }

  private static Schema schema(Connection connection, SqlDialect dialect) throws SQLException {
    try (SqlSession sql = SqlSession.ofWork(connection, dialect)) {
      return sql.query(
              "SELECT coalesce(max(version), 0) AS version,"
                  + " coalesce(max(min_version), 0) AS min_version FROM schema_version")
          .one(row -> new Schema((int) row.number("version"), (int) row.number("min_version")));
    }
  }

  private static void apply(Connection connection, SqlDialect dialect, Migration migration)
      throws SQLException {
    String all = dialect.statements(migration);
    for (String sql : END_OF_STATEMENT.split(all, -1)) {
      if (!sql.isBlank()) {
        Database.execute(connection, sql);
      }
    }
    try (SqlSession sql = SqlSession.ofWork(connection, dialect)) {
      sql.query("INSERT INTO schema_version (version, min_version, applied_at) VALUES (?, ?, ?)")
          .number(migration.version(), migration.minVersion())
          .time(Instant.now())
          .update();
    }
  }
}
