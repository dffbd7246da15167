package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.account.Markup;
import dev.tollgate.gateway.account.MasterKey;
import dev.tollgate.gateway.account.Project;
import dev.tollgate.gateway.ledger.Capture;
import dev.tollgate.gateway.ledger.Entry;
import dev.tollgate.gateway.ledger.HoldMode;
import dev.tollgate.gateway.ledger.HoldOutcome;
import dev.tollgate.gateway.ledger.HoldRequest;
import dev.tollgate.gateway.ledger.Ledger;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Settled;
import dev.tollgate.gateway.ledger.Tokens;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A database opened as a server does it, with what tests want to know of its books. */
final class JdbcBooks implements AutoCloseable {
  static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
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

  /** Holds $0.10. */
  static CompletableFuture<HoldOutcome> hold(Ledger ledger, String project, String id) {
    return ledger
        .hold(
            new HoldRequest(
                id,
                project,
                "k",
                Money.parse("0.10"),
                HoldMode.BOUNDED,
                Markup.NONE,
                "m",
                "u",
                null,
                NOW))
        .toCompletableFuture();
  }

  static CompletableFuture<Settled> capture(Ledger ledger, String id, String dollars) {
    Money cost = Money.parse(dollars);
    return ledger
        .capture(new Capture(id, cost, cost, dollars, Set.of(), Tokens.NONE, null, null, NOW))
        .toCompletableFuture();
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
