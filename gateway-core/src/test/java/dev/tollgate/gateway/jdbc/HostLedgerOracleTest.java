package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.ledger.Entry;
import dev.tollgate.gateway.ledger.Ledger;
import dev.tollgate.gateway.ledger.LedgerOracleContract;
import dev.tollgate.gateway.testkit.Postgres;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;

/** On the connections of an application. */
class HostLedgerOracleTest extends LedgerOracleContract {
  private final HostApplication host = new HostApplication(Postgres.newWholeDatabase());
  private JdbcBooks books;

  @Override
  protected Ledger freshLedger() {
    books =
        new JdbcBooks(
            host.tables(),
            JdbcStores.openForServer(host.pool(), JdbcBooks.MASTER_KEY, Duration.ofSeconds(30)));
    return books.ledger();
  }

  @Override
  protected String newProject() {
    return books.newProject();
  }

  @Override
  protected List<Entry> entries(String projectId) throws Exception {
    return books.entries(projectId);
  }

  @AfterEach
  void close() {
    books.close();
    host.close();
  }
}
