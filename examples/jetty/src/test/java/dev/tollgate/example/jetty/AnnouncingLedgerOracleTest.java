package dev.tollgate.example.jetty;

import dev.tollgate.gateway.ledger.Entry;
import dev.tollgate.gateway.ledger.InMemoryLedger;
import dev.tollgate.gateway.ledger.Ledger;
import dev.tollgate.gateway.ledger.LedgerOracleContract;
import java.util.List;

class AnnouncingLedgerOracleTest extends LedgerOracleContract {
  private final InMemoryLedger books = new InMemoryLedger();
  private int projects;

  @Override
  protected Ledger freshLedger() {
    return new AnnouncingLedger(books, capture -> {});
  }

  @Override
  protected String newProject() {
    String id = "prj_" + projects++;
    books.addProject(id);
    return id;
  }

  @Override
  protected List<Entry> entries(String projectId) {
    return books.entries(projectId);
  }
}
