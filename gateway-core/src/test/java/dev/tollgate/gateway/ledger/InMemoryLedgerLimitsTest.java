package dev.tollgate.gateway.ledger;

import java.util.List;

class InMemoryLedgerLimitsTest extends LedgerLimitsContract {
  private final InMemoryLedger ledger = new InMemoryLedger();
  private int projects;

  @Override
  protected Ledger freshLedger() {
    return ledger;
  }

  @Override
  protected String newProject() {
    String id = "prj_" + projects++;
    ledger.addProject(id);
    return id;
  }

  @Override
  protected List<Entry> entries(String projectId) {
    return ledger.entries(projectId);
  }
}
