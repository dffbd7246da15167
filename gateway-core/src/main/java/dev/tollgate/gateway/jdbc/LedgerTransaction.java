package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.ledger.Hold;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * The ledger's tables as one transaction sees them. A project's row is locked when it is first
 * asked for, and written once, by {@link #write}. A change to a hold locks its project's row first,
 * so what was read of the hold stays true.
 */
final class LedgerTransaction {
  private final SqlSession sql;
  private final ProjectTable projects;
  private final HoldTable holds;
  private final IdempotencyTable idempotency;
  private final EntryTable entries;
  private final KeySpendingTable keys;

  /**
   * @param node that new holds belong to
   * @param openHolds those that the calling thread has placed before
   */
  LedgerTransaction(SqlSession sql, String node, OpenHolds openHolds) {
    this.sql = sql;
    this.projects = new ProjectTable(sql);
    this.holds = new HoldTable(sql, node, openHolds);
    this.idempotency = new IdempotencyTable(sql);
    this.entries = new EntryTable(sql);
    this.keys = new KeySpendingTable(sql);
  }

  SqlSession sql() {
    return sql;
  }

  HoldTable holds() {
    return holds;
  }

  IdempotencyTable idempotency() {
    return idempotency;
  }

  EntryTable entries() {
    return entries;
  }

  KeySpendingTable keys() {
    return keys;
  }

  /** A project's balance, locked; null if there is no such project. */
  @Nullable ProjectBalance project(String projectId) throws SQLException {
    return projects.lock(projectId);
  }

  /** The balance of a hold's project, locked. */
  ProjectBalance projectOf(Hold hold) throws SQLException {
    ProjectBalance balance = projects.lock(hold.request().projectId());
    if (balance == null) {
      throw new IllegalStateException("hold " + hold.id() + " is of no project");
    }
    return balance;
  }

  /** What the entries say was charged to a project. */
  PeriodSums chargesOf(String projectId) {
    return new PeriodSums(sql, projectId, null);
  }

  /** Writes the balances and counters that changed. */
  void write() throws SQLException {
    projects.write();
    keys.write();
  }
}
