package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.account.Markup;
import dev.tollgate.gateway.account.MasterKey;
import dev.tollgate.gateway.account.Project;
import dev.tollgate.gateway.ledger.Entry;
import dev.tollgate.gateway.ledger.Ledger;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A database opened as a server does it, with what tests want to know of its books. */
final class JdbcBooks implements AutoCloseable {
  static final MasterKey MASTER_KEY =
      MasterKey.parse("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");

  final DatabaseOptions options;
  final JdbcStores stores;
  // Kept, because a connection to PostgreSQL is a process of its server.
  private @Nullable Sql outside;
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
    return outside().entries(projectId);
  }

  long number(String query) throws Exception {
    return outside().number(query);
  }

  void execute(String sql) throws Exception {
    try {
      outside().execute(sql);
    } catch (SQLException e) {
      throw new AssertionError(sql, e);
    }
  }

  private synchronized Sql outside() throws SQLException {
    if (outside == null) {
      outside = new Sql(options);
    }
    return outside;
  }

  @Override
  public void close() {
    stores.close();
    try {
      if (outside != null) {
        outside.close();
      }
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }
}
