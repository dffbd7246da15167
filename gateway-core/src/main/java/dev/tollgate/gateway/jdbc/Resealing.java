package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.account.MasterKey;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/** Seals all sealed texts of a database again with the newest master key. */
record Resealing(SqlSession sql, MasterKey masterKey) {

  /**
   * @return the number of upstream keys
   */
  int run() throws SQLException {
    int keys =
        reseal("project", "id", "upstream_key", id -> id)
            + reseal("upstream_key", "id", "sealed", JdbcUpstreamKeys::context);
    reseal("setting", "name", "value", name -> name);
    return keys;
  }

  /**
   * @param context computes the context of a sealed text from the id of its row
   */
  private int reseal(String table, String id, String column, UnaryOperator<String> context)
      throws SQLException {
    List<Map.Entry<String, String>> sealed =
        sql.composed(
                "SELECT %s AS id, %s AS sealed FROM %s WHERE %s IS NOT NULL%s%s"
                    .formatted(id, column, table, column, only(table), sql.dialect().forUpdate()))
            .list(row -> Map.entry(row.text("id"), row.text("sealed")));
    for (Map.Entry<String, String> each : sealed) {
      String bound = context.apply(each.getKey());
      sql.query("UPDATE %s SET %s = ? WHERE %s = ?".formatted(table, column, id))
          .text(masterKey.seal(masterKey.open(each.getValue(), bound), bound), each.getKey())
          .update();
    }
    return sealed.size();
  }

  /** Only one of the settings is sealed. */
  private static String only(String table) {
    return table.equals("setting") ? " AND name = '" + MasterKeyCheck.NAME + "'" : "";
  }
}
