package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.account.StoreUnavailableException;
import dev.tollgate.gateway.jdbc.CommitOutcome.Committed;
import dev.tollgate.gateway.jdbc.CommitOutcome.Contended;
import dev.tollgate.gateway.jdbc.CommitOutcome.Refused;
import dev.tollgate.gateway.jdbc.CommitOutcome.Unavailable;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;

/**
 * Commits batches of changes, and retries them. Used only by the thread that writes the ledger.
 *
 * <p>The retry policy, by the outcome of an attempt:
 *
 * <ul>
 *   <li>committed: each change is completed
 *   <li>refused: the changes are committed one by one, and the one at fault fails
 *   <li>contended: each project's changes are committed separately. If a project's row is locked,
 *       its changes are set aside for a second, so that the other projects continue
 *   <li>unavailable: the whole batch is retried with back-off. Only {@linkplain
 *       LedgerChange#isExpired expired} changes are dropped
 * </ul>
 */
final class BatchCommitter {
  private static final Logger LOG = System.getLogger(BatchCommitter.class.getName());
  private static final long FIRST_PAUSE_MILLIS = 20;
  private static final long LAST_PAUSE_MILLIS = 500;

  /** How long changes wait if another session has locked the row of their project. */
  private static final Duration ASIDE = Duration.ofSeconds(1);

  private final Database database;
  private final String node;
  private final Executor callbackExecutor;
  private final BooleanSupplier mustGiveUp;
  private final Runnable onUnavailable;
  private final OpenHolds openHolds = new OpenHolds();
  private final List<LedgerChange<?>> aside = new ArrayList<>();
  private long asideUntilNanos;
  private boolean unavailable;

  /**
   * @param node the owner of new holds
   * @param callbackExecutor completes the changes
   * @param mustGiveUp whether the time for retries is over
   * @param onUnavailable called after each attempt that found the database unavailable
   */
  BatchCommitter(
      Database database,
      String node,
      Executor callbackExecutor,
      BooleanSupplier mustGiveUp,
      Runnable onUnavailable) {
    this.database = database;
    this.node = node;
    this.callbackExecutor = callbackExecutor;
    this.mustGiveUp = mustGiveUp;
    this.onUnavailable = onUnavailable;
  }

  /** Returns once each change is completed or set aside. */
  void commit(List<LedgerChange<?>> batch) {
    List<LedgerChange<?>> left = new ArrayList<>(batch);
    long pauseMillis = FIRST_PAUSE_MILLIS;
    while (true) {
      left.removeIf(this::dropIfExpired);
      if (left.isEmpty()) {
        return;
      }
      CommitOutcome outcome = tryCommit(left);
      if (!(outcome instanceof Unavailable down)) {
        settle(left, outcome);
        return;
      }
      reportUnavailable(down.why());
      if (mustGiveUp.getAsBoolean()) {
        fail(left, down.why());
        return;
      }
      pause(pauseMillis);
      pauseMillis = Math.min(2 * pauseMillis, LAST_PAUSE_MILLIS);
    }
  }

  private void settle(List<LedgerChange<?>> changes, CommitOutcome outcome) {
    if (outcome instanceof Committed) {
      reportAvailable();
      completeCommitted(changes);
    } else if (outcome instanceof Refused refused) {
      commitOneByOne(changes, refused.why());
    } else if (outcome instanceof Contended) {
      commitByProject(changes);
    } else if (outcome instanceof Unavailable down) {
      // Other projects' changes are being committed; back-off here would delay them.
      LOG.log(Level.DEBUG, "set aside: {0}", down.why().getMessage());
      setAside(changes);
    }
  }

  private CommitOutcome tryCommit(List<LedgerChange<?>> changes) {
    try {
      database.writeBatch(sql -> apply(sql, changes));
      return new Committed();
    } catch (StoreUnavailableException e) {
      if (database.refuses(e)) {
        return new Refused(e);
      }
      return database.isContended(e) ? new Contended(e) : new Unavailable(e);
    } catch (RuntimeException e) {
      // A row that this version cannot read, or a bug.
      return new Refused(e);
    }
  }

  private int apply(SqlSession sql, List<LedgerChange<?>> changes) throws SQLException {
    for (LedgerChange<?> change : changes) {
      change.locateProject(sql, openHolds);
    }
    // All nodes lock projects in this order, which prevents deadlocks. The sort is stable: the
    // changes of one project stay in the order of submission.
    changes.sort(Comparator.comparing(LedgerChange::projectId));
    LedgerTransaction tx = new LedgerTransaction(sql, node, openHolds);
    for (LedgerChange<?> change : changes) {
      if (!change.projectId().isEmpty()) {
        // Lock the project before reading anything about it.
        var unused = tx.project(change.projectId());
      }
      change.tryApply(tx);
    }
    tx.write();
    changes.forEach(LedgerChange::committing);
    return changes.size();
  }

  private void commitOneByOne(List<LedgerChange<?>> changes, RuntimeException refusal) {
    if (changes.size() == 1) {
      LOG.log(Level.ERROR, "the database refuses a ledger change", refusal);
      fail(changes, refusal);
      return;
    }
    for (LedgerChange<?> change : changes) {
      commit(List.of(change));
    }
  }

  private void commitByProject(List<LedgerChange<?>> changes) {
    Collection<List<LedgerChange<?>>> projects = byProject(changes);
    if (projects.size() == 1) {
      setAside(changes);
      return;
    }
    for (List<LedgerChange<?>> each : projects) {
      settle(each, tryCommit(each));
    }
  }

  private static Collection<List<LedgerChange<?>>> byProject(List<LedgerChange<?>> changes) {
    Map<String, List<LedgerChange<?>>> projects = new LinkedHashMap<>();
    for (LedgerChange<?> change : changes) {
      projects.computeIfAbsent(change.projectId(), ignored -> new ArrayList<>()).add(change);
    }
    return projects.values();
  }

  private void setAside(List<LedgerChange<?>> changes) {
    aside.addAll(changes);
    asideUntilNanos = System.nanoTime() + ASIDE.toNanos();
  }

  boolean hasAside() {
    return !aside.isEmpty();
  }

  /** Retries the changes that were set aside, once their time has come. */
  void retryAside() {
    aside.removeIf(this::dropIfExpired);
    if (aside.isEmpty() || System.nanoTime() - asideUntilNanos <= 0) {
      return;
    }
    List<LedgerChange<?>> again = List.copyOf(aside);
    aside.clear();
    if (mustGiveUp.getAsBoolean()) {
      fail(again, new StoreUnavailableException("the ledger is closed"));
    } else {
      commit(again);
    }
  }

  /**
   * Fails a change that has expired.
   *
   * @return whether the change has expired
   */
  boolean dropIfExpired(LedgerChange<?> change) {
    boolean expired = change.isExpired();
    if (expired) {
      fail(List.of(change), new StoreUnavailableException("the ledger did not answer in time"));
    }
    return expired;
  }

  private void fail(List<LedgerChange<?>> changes, RuntimeException why) {
    changes.forEach(change -> change.fail(why));
    complete(changes);
  }

  private void complete(List<LedgerChange<?>> changes) {
    // Copy: this thread continues to modify the list.
    List<LedgerChange<?>> completed = List.copyOf(changes);
    callbackExecutor.execute(() -> completed.forEach(LedgerChange::complete));
  }

  /** Completes placed holds at once, and all other changes when they are durable. */
  private void completeCommitted(List<LedgerChange<?>> changes) {
    List<LedgerChange<?>> holds = changes.stream().filter(LedgerChange::isPlacedHold).toList();
    if (!holds.isEmpty()) {
      complete(holds);
    }
    List<LedgerChange<?>> others = changes.stream().filter(each -> !each.isPlacedHold()).toList();
    if (!others.isEmpty()) {
      database.durability().whenDurable(() -> complete(others), why -> fail(others, why));
    }
  }

  private void reportUnavailable(RuntimeException why) {
    if (!unavailable) {
      unavailable = true;
      LOG.log(Level.WARNING, "The ledger cannot be written: {0}", why.getMessage());
    }
    onUnavailable.run();
  }

  private void reportAvailable() {
    if (unavailable) {
      unavailable = false;
      LOG.log(Level.INFO, "The ledger can be written again");
    }
  }

  private static void pause(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
