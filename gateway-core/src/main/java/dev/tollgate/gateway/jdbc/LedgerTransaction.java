package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.ledger.Hold;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * The ledger's tables within one transaction. A project's row is locked at its first use, and
 * written once, by {@link #write}. A change to a hold first locks the row of its project, so the
 * data read about the hold stays valid.
 */
record LedgerTransaction(
    SqlSession sql,
    ProjectTable projects,
    HoldTable holds,
    IdempotencyTable idempotency,
    EntryTable entries,
    KeySpendingTable keys) {
  /**
   * @param node the owner of new holds
   * @param openHolds the cached holds of the calling thread
   */
  LedgerTransaction(SqlSession sql, String node, OpenHolds openHolds) {
    this(
        sql,
        new ProjectTable(sql),
        new HoldTable(sql, node, openHolds),
        new IdempotencyTable(sql),
        new EntryTable(sql),
        new KeySpendingTable(sql));
  }

  /** Locks a project and returns its balance; null if there is no such project. */
  @Nullable ProjectBalance project(String projectId) throws SQLException {
    return projects.lock(projectId);
  }

  /** Locks the project of a hold and returns its balance. */
  ProjectBalance projectOf(Hold hold) throws SQLException {
    ProjectBalance balance = projects.lock(hold.request().projectId());
    if (balance == null) {
      throw new IllegalStateException("hold " + hold.id() + " has no project");
    }
    return balance;
  }

  /** The sums of a project's charges, from the entries. */
  PeriodSums chargesOf(String projectId) {
    return new PeriodSums(sql, projectId, null);
  }

  /** Writes the balances and counters that changed. */
  void write() throws SQLException {
    projects.write();
    keys.write();
  }
}
