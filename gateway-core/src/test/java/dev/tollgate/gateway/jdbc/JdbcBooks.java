package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.account.Markup;
import dev.tollgate.gateway.account.MasterKey;
import dev.tollgate.gateway.account.Project;
import dev.tollgate.gateway.ledger.Entry;
import dev.tollgate.gateway.ledger.Ledger;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** A database opened as a server does it, with what tests want to know of its books. */
final class JdbcBooks implements AutoCloseable {
  static final MasterKey MASTER_KEY =
      MasterKey.parse("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");

  final DatabaseOptions options;
  final JdbcStores stores;
  private int projects;

  JdbcBooks(DatabaseOptions options) {
    this(options, Duration.ofSeconds(30));
  }

  JdbcBooks(DatabaseOptions options, Duration leaseTtl) {
    this(options, JdbcStores.openForServer(options, MASTER_KEY, leaseTtl));
  }

  /**
   * @param options where the tables are for whoever looks at them from outside
   */
  JdbcBooks(DatabaseOptions options, JdbcStores stores) {
    this.options = options;
    this.stores = stores;
  }

  Ledger ledger() {
    return stores.ledger();
  }

  String newProject() {
    return newProject("p" + projects++);
  }

  String newProject(String name) {
    stores
        .keyAdmin()
        .insertProject(new Project("prj_" + name, name, true, null, Markup.NONE, Instant.EPOCH));
    return "prj_" + name;
  }

  List<Entry> entries(String projectId) throws Exception {
    return entries(options, projectId);
  }

  static List<Entry> entries(DatabaseOptions options, String projectId) throws Exception {
    List<Entry> entries = new ArrayList<>();
    try (var connection = Sql.connect(options);
        PreparedStatement select =
            connection.prepareStatement(EntryTable.SELECT + "project_id = ?")) {
      select.setString(1, projectId);
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          entries.add(EntryTable.entry(new Row(row)));
        }
      }
    }
    return entries;
  }

  void execute(String sql) throws Exception {
    try (Sql other = new Sql(options)) {
      other.execute(sql);
    } catch (SQLException e) {
      throw new AssertionError(sql, e);
    }
  }

  @Override
  public void close() {
    stores.close();
  }
}
