package dev.tollgate.gateway.jdbc;

import static java.util.stream.Collectors.joining;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The copy of one table of a SQLite database to the table of the same name in PostgreSQL. Rows are
 * streamed in batches, so memory does not grow with the table. Text that PostgreSQL rejects is
 * changed as {@link dev.tollgate.gateway.account.StoredText} says.
 *
 * @param columns the columns of the source; any further column of the target gets its default
 */
record TableCopy(String table, List<Column> columns) {
  private static final int BATCH_ROWS = 1_000;

  /** The tables about the schema and its servers, which are not content. */
  private static final Set<String> NOT_CONTENT = Set.of("schema_version", "node");

  /** The table that has a row in an empty database. */
  private static final String SEEDED = "change_counter";

  /**
   * A column.
   *
   * @param from the column or expression of the source
   * @param isText whether it holds texts, otherwise whole numbers
   */
  record Column(String name, String from, boolean isText) {}

  /** Copies the list. */
  TableCopy {
    columns = List.copyOf(columns);
  }

  /** The names of all tables of a SQLite database, those that others refer to first. */
  static List<String> names(SqlSession source) throws SQLException {
    // No table that is referred to has a foreign key itself.
    return source
        .query(
            "SELECT name FROM sqlite_schema s WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
                + " ORDER BY (SELECT count(*) FROM pragma_foreign_key_list(s.name)), name")
        .list(row -> row.text("name"));
  }

  /**
   * The tables to copy. A table that the migrated target lacks is not one of Tollgate's, but for
   * example one of a backup program.
   */
  static List<TableCopy> all(SqlSession source, SqlSession target) throws SQLException {
    List<TableCopy> all = new ArrayList<>();
    for (String name : names(source)) {
      if (!NOT_CONTENT.contains(name) && exists(target, name)) {
        all.add(new TableCopy(name, columns(source, name)));
      }
    }
    return all;
  }

  private static List<Column> columns(SqlSession source, String table) throws SQLException {
    List<Column> columns =
        new ArrayList<>(
            source
                .query("SELECT name, type FROM pragma_table_info(?)")
                .text(table)
                .list(row -> column(table, row.text("name"), row.text("type"))));
    if (table.equals("ledger_entry")) {
      // The order of booking. The next server or command makes later entries follow, see
      // PostgresBookingOrder.
      columns.add(new Column("tx", "rowid", false));
    }
    return columns;
  }

  private static Column column(String table, String name, String type) {
    return switch (type) {
      case "TEXT" -> new Column(name, name, true);
      case "INTEGER", "BIGINT" -> new Column(name, name, false);
      default ->
          throw new DatabaseException(
              "column %s of table %s has the type %s, but only TEXT, INTEGER and BIGINT can be copied"
                  .formatted(name, table, type));
    };
  }

  private static boolean exists(SqlSession target, String table) throws SQLException {
    return target.query("SELECT 1 WHERE to_regclass(?) IS NOT NULL").text(table).exists();
  }

  /**
   * Checks that the target has no content and no server. Its tables may be missing.
   *
   * @param tables the names of the source's tables
   * @throws DatabaseException if one of them has a row
   */
  static void requireEmpty(SqlSession target, String database, List<String> tables)
      throws SQLException {
    for (String table : tables) {
      if (!table.equals(SEEDED)
          && !table.equals("schema_version")
          && exists(target, table)
          && target.composed("SELECT 1 FROM " + table + " LIMIT 1").exists()) {
        throw new DatabaseException(
            "database %s is not empty: table %s has rows; give a new database"
                .formatted(database, table));
      }
    }
  }

  /** Copies all rows. */
  void run(SqlSession source, SqlSession target) throws SQLException {
    if (table.equals(SEEDED)) {
      target.query("DELETE FROM " + SEEDED).update();
    }
    Query insert =
        target.composed(
            "INSERT INTO %s (%s) VALUES (%s)"
                .formatted(
                    table,
                    columns.stream().map(Column::name).collect(joining(", ")),
                    columns.stream().map(column -> "?").collect(joining(", "))));
    int[] waiting = {0};
    source
        .composed(
            "SELECT %s FROM %s"
                .formatted(
                    columns.stream()
                        .map(column -> column.from() + " AS " + column.name())
                        .collect(joining(", ")),
                    table))
        .forEach(
            row -> {
              set(insert, row);
              if (++waiting[0] == BATCH_ROWS) {
                insert.updateBatch();
                waiting[0] = 0;
              }
            });
    insert.updateBatch();
    // Without statistics, PostgreSQL would join the new rows in the slowest way.
    target.composed("ANALYZE " + table).execute();
  }

  private void set(Query insert, Row row) throws SQLException {
    for (Column column : columns) {
      if (column.isText()) {
        insert.text(row.textOrNull(column.name()));
      } else {
        insert.numberOrNull(row.numberOrNull(column.name()));
      }
    }
    insert.addToBatch();
  }
}
