package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.account.StoreUnavailableException;
import dev.tollgate.gateway.ledger.Capture;
import dev.tollgate.gateway.ledger.Credit;
import dev.tollgate.gateway.ledger.CreditOutcome;
import dev.tollgate.gateway.ledger.Hold;
import dev.tollgate.gateway.ledger.HoldOutcome;
import dev.tollgate.gateway.ledger.HoldRequest;
import dev.tollgate.gateway.ledger.Ledger;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Orphans;
import dev.tollgate.gateway.ledger.Pending;
import dev.tollgate.gateway.ledger.ProjectTotals;
import dev.tollgate.gateway.ledger.Settled;
import dev.tollgate.gateway.ledger.Spending;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * The ledger in the database: entries, which are only inserted, holds, and the sums in the
 * project's row. The changes of a request go through the {@link CommitQueue}; {@link HoldPlacement}
 * and {@link HoldLifecycle} implement the changes to a hold.
 */
final class JdbcLedger implements Ledger, AutoCloseable {
  private final Database database;
  private final CommitQueue commits;
  private final Lease lease;
  private final SpendingReader spending;

  JdbcLedger(Database database, Lease lease, CommitQueue commits) {
    this.database = database;
    this.lease = lease;
    this.commits = commits;
    this.spending = new SpendingReader(database);
  }

  @Override
  public ProjectTotals totals(String projectId) {
    ProjectTotals totals = read(projectId);
    awaitDurable();
    return totals;
  }

  @Override
  public Money available(String projectId) {
    return read(projectId).balance().available();
  }

  private ProjectTotals read(String projectId) {
    return database.read(
        sql -> {
          ProjectBalance project = ProjectTable.read(sql, projectId);
          return project == null ? ProjectTotals.NOTHING : project.totals();
        });
  }

  /** Within a transaction, the end of that waits. */
  private void awaitDurable() {
    if (!database.isInTransaction()) {
      database.durability().await();
    }
  }

  @Override
  public Spending spending(String projectId, @Nullable String keyId, Instant at) {
    Spending read = spending.read(projectId, keyId, at);
    awaitDurable();
    return read;
  }

  @Override
  public Optional<String> upstreamKeyOf(String projectId, String generationId) {
    return database.read(sql -> HoldTable.upstreamKeyOf(sql, projectId, generationId));
  }

  @Override
  public CreditOutcome credit(Credit credit) {
    return database.write(
        sql -> {
          LedgerTransaction tx = transaction(sql);
          // Lock the project first: a second booking of the same credit waits here.
          ProjectBalance project = tx.project(credit.projectId());
          CreditOutcome outcome = CreditBooking.book(tx, project, credit);
          tx.write();
          return outcome;
        });
  }

  /** A transaction outside the ledger's queue. */
  private LedgerTransaction transaction(SqlSession sql) {
    return new LedgerTransaction(sql, lease.node(), new OpenHolds());
  }

  @Override
  public CompletionStage<HoldOutcome> hold(HoldRequest request) {
    if (!lease.isValid()) {
      // Another node might adopt the hold as an orphan.
      return CompletableFuture.failedFuture(
          new StoreUnavailableException("the lease of this node has expired"));
    }
    return commits.submit(
        new LedgerChange<>(
            true, (sql, openHolds) -> request.projectId(), tx -> HoldPlacement.place(tx, request)));
  }

  @Override
  public CompletionStage<Void> recordGeneration(String holdId, String generationId) {
    return submit(holdId, tx -> HoldLifecycle.recordGeneration(tx, holdId, generationId))
        .thenApply(ignored -> null);
  }

  @Override
  public CompletionStage<Settled> capture(Capture capture) {
    return submit(capture.holdId(), tx -> HoldLifecycle.capture(tx, capture));
  }

  @Override
  public CompletionStage<Settled> release(String holdId, boolean keepIdempotencyKey, Instant at) {
    return submit(holdId, tx -> HoldLifecycle.release(tx, holdId, keepIdempotencyKey, at));
  }

  /** Does not use the ledger's queue, so that it can join the caller's transaction. */
  @Override
  public Settled settle(String holdId, @Nullable Money charge, Instant at) {
    return database.write(
        sql -> {
          LedgerTransaction tx = transaction(sql);
          var unused = tx.project(HoldTable.projectOf(sql, holdId));
          Settled settled = HoldLifecycle.settle(tx, holdId, charge, at);
          tx.write();
          return settled;
        });
  }

  @Override
  public CompletionStage<Settled> pend(Pending pending) {
    return submit(pending.holdId(), tx -> HoldLifecycle.pend(tx, pending));
  }

  private <T> CompletableFuture<T> submit(String holdId, LedgerChange.Work<T> work) {
    return commits.submit(
        new LedgerChange<>(
            false,
            (sql, openHolds) -> {
              String known = openHolds.projectOf(holdId);
              return known == null ? HoldTable.projectOf(sql, holdId) : known;
            },
            work));
  }

  int waiting() {
    return commits.waiting();
  }

  @Override
  public Orphans adoptOrphans(Instant now) {
    return lease.adoptOrphans(now);
  }

  @Override
  public List<Hold> due(Instant now, int limit) {
    return database.list(
        HoldTable.SELECT
            + ("owner = ? AND " + HoldTable.PENDING)
            + " AND next_ask_at <= ? ORDER BY next_ask_at, id LIMIT ?",
        query -> query.text(lease.node()).time(now).number(limit),
        HoldTable::hold);
  }

  @Override
  public void defer(String holdId, Instant askedAt, Instant nextAskAt) {
    database.update(
        "UPDATE hold SET attempts = attempts + 1, asked_at = ?, next_ask_at = ?"
            + " WHERE id = ? AND state = 'pending'",
        query -> query.time(askedAt, nextAskAt).text(holdId));
  }

  @Override
  public void hurry(String projectId, Instant now, Duration minGap) {
    // The holds that are due later and whose cost was not asked for just now.
    String which =
        " WHERE project_id = ? AND "
            + HoldTable.PENDING
            + " AND next_ask_at > ? AND (asked_at IS NULL OR asked_at <= ?)";
    Instant askedBefore = now.minus(minGap);
    // Usually there are none, and this read takes no lock.
    if (!database.exists(
        "SELECT 1 FROM hold" + which + " LIMIT 1",
        query -> query.text(projectId).time(now, askedBefore))) {
      return;
    }
    database.write(
        sql -> {
          // Lock the project first, as the ledger's queue does: it writes the same holds in another
          // order.
          var unused = transaction(sql).project(projectId);
          return sql.query("UPDATE hold SET next_ask_at = ?" + which)
              .time(now)
              .text(projectId)
              .time(now, askedBefore)
              .update();
        });
  }

  @Override
  public int putClocksRight(Instant now, Duration maxDelay) {
    return lease.cutLeases() + new FutureTimes(database, lease.node(), now, maxDelay).putRight();
  }

  @Override
  public CompletionStage<Void> probe() {
    return lease.probe();
  }

  @Override
  public void close() {
    lease.close();
    commits.close();
    lease.sayGoodBye();
  }
}
