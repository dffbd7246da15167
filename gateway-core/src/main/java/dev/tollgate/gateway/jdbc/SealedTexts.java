package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.account.MasterKey;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/** All sealed texts of a database, within one transaction. */
record SealedTexts(SqlSession sql, MasterKey masterKey) {
  /**
   * A column of sealed texts.
   *
   * @param id the column that names the row
   * @param context computes the context of a sealed text from the id of its row
   * @param only a condition for the rows that have a sealed text
   */
  private record Column(
      String table, String id, String name, UnaryOperator<String> context, String only) {}

  private static final List<Column> UPSTREAM_KEYS =
      List.of(
          new Column("project", "id", "upstream_key", id -> id, "upstream_key IS NOT NULL"),
          new Column(
              "upstream_key", "id", "sealed", JdbcUpstreamKeys::context, "sealed IS NOT NULL"));

  private static final Column CHECK =
      new Column("setting", "name", "value", name -> name, "name = '" + MasterKeyCheck.NAME + "'");

  /**
   * Seals all texts again with the newest master key.
   *
   * @return the number of upstream keys
   */
  int sealAnew() throws SQLException {
    int keys = 0;
    for (Column column : UPSTREAM_KEYS) {
      keys += sealAnew(column);
    }
    sealAnew(CHECK);
    return keys;
  }

  private int sealAnew(Column column) throws SQLException {
    List<Map.Entry<String, String>> sealed = read(column, sql.dialect().forUpdate());
    for (Map.Entry<String, String> each : sealed) {
      String bound = column.context.apply(each.getKey());
      sql.query("UPDATE %s SET %s = ? WHERE %s = ?".formatted(column.table, column.name, column.id))
          .text(masterKey.seal(masterKey.open(each.getValue(), bound), bound), each.getKey())
          .update();
    }
    return sealed.size();
  }

  private List<Map.Entry<String, String>> read(Column column, String lock) throws SQLException {
    return sql.composed(
            "SELECT %s AS id, %s AS sealed FROM %s WHERE %s%s"
                .formatted(column.id, column.name, column.table, column.only, lock))
        .list(row -> Map.entry(row.text("id"), row.text("sealed")));
  }

  /**
   * Opens all upstream keys.
   *
   * @param database the name in the message
   * @throws DatabaseException if one does not open with the master key
   */
  void requireReadable(String database) throws SQLException {
    for (Column column : UPSTREAM_KEYS) {
      for (Map.Entry<String, String> each : read(column, "")) {
        try {
          masterKey.open(each.getValue(), column.context.apply(each.getKey()));
        } catch (IllegalArgumentException e) {
          throw new DatabaseException(
              "the upstream key of %s %s in database %s cannot be read: %s"
                  .formatted(column.table, each.getKey(), database, e.getMessage()),
              e);
        }
      }
    }
  }
}
