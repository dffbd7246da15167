package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.ledger.Entry;
import dev.tollgate.gateway.ledger.Ledger;
import dev.tollgate.gateway.ledger.LedgerOracleContract;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

class SqliteLedgerOracleTest extends LedgerOracleContract {
  @TempDir Path directory;
  private JdbcBooks books;

  @Override
  protected Ledger freshLedger() {
    books = new JdbcBooks(new DatabaseOptions(directory.resolve("tollgate.db")));
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
