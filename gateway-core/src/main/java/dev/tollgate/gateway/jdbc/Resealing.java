package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.account.MasterKey;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import java.util.function.UnaryOperator;

/** Seals all that a database holds sealed anew, by the newest master key, in one transaction. */
final class Resealing {
  private final Connection connection;
  private final String lock;
  private final MasterKey masterKey;

  Resealing(Connection connection, Database database, MasterKey masterKey) {
    this.connection = connection;
    this.lock = database.dialect().forUpdate();
    this.masterKey = masterKey;
  }

  /**
   * @return how many upstream keys there were
   */
  int run() throws SQLException {
    int keys =
        reseal("project", "id", "upstream_key", id -> id)
            + reseal("upstream_key", "id", "sealed", JdbcUpstreamKeys::context);
    reseal("setting", "name", "value", name -> name);
    return keys;
  }

  /**
   * @param context what a text is bound to, by the id of its row
   */
  private int reseal(String table, String id, String column, UnaryOperator<String> context)
      throws SQLException {
    Map<String, String> sealed = new HashMap<>();
    try (PreparedStatement select =
            connection.prepareStatement(
                "SELECT %s, %s FROM %s WHERE %s IS NOT NULL%s%s"
                    .formatted(id, column, table, column, only(table), lock));
        ResultSet row = select.executeQuery()) {
      while (row.next()) {
        sealed.put(row.getString(1), row.getString(2));
      }
    }
    try (PreparedStatement update =
        connection.prepareStatement(
            "UPDATE %s SET %s = ? WHERE %s = ?".formatted(table, column, id))) {
      for (Map.Entry<String, String> each : sealed.entrySet()) {
        String bound = context.apply(each.getKey());
        Statements.setText(
            update, 1, masterKey.seal(masterKey.open(each.getValue(), bound), bound));
        Statements.setText(update, 2, each.getKey());
        update.executeUpdate();
      }
    }
    return sealed.size();
  }

  /** Of the settings one is sealed. */
  private static String only(String table) {
    return table.equals("setting") ? " AND name = '" + JdbcStores.CHECK + "'" : "";
  }
}
