package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.testkit.Postgres;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * A PostgreSQL database for the tests of a class, one after the other. It is emptied before each:
 * to make the tables again would take longer than most of these tests.
 */
final class ReusedSchema {
  private static final String EMPTY_ALL_TABLES =
      """
      DO $$ BEGIN
        EXECUTE (SELECT 'TRUNCATE ' || string_agg(tablename, ', ') FROM pg_tables
          WHERE schemaname = current_schema() AND tablename NOT IN ('schema_version', 'change_counter'));
      END $$
      """;

  private @Nullable DatabaseOptions options;
  private @Nullable Sql sql;

  /** An empty database, which nobody else has open any more. */
  DatabaseOptions emptied() {
    try {
      if (options == null) {
        options = Postgres.newDatabase();
        sql = new Sql(options);
      } else {
        sql.execute(EMPTY_ALL_TABLES);
      }
      return options;
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
