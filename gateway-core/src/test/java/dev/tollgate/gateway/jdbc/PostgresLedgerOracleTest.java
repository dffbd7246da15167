package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.ledger.Entry;
import dev.tollgate.gateway.ledger.Ledger;
import dev.tollgate.gateway.ledger.LedgerOracleContract;
import dev.tollgate.gateway.testkit.Postgres;
import java.util.List;
import org.junit.jupiter.api.AfterEach;

class PostgresLedgerOracleTest extends LedgerOracleContract {
  private JdbcBooks books;

  @Override
  protected Ledger freshLedger() {
    books = new JdbcBooks(Postgres.newDatabase());
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
  }
}
