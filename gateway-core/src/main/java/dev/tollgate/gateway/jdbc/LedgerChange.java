package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.ledger.HoldOutcome;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One change of the ledger, queued in the {@link CommitQueue}. It may be applied more than once, in
 * several transactions, but only the first counts: its ids make a repeat harmless.
 *
 * <p>The non-final fields belong to the thread that writes the ledger.
 */
final class LedgerChange<T> {
  /** Finds the project whose row a change locks; empty: none. */
  interface ProjectFinder {
    String find(SqlSession sql, OpenHolds openHolds) throws SQLException;
  }

  /**
   * The work of a change. If the change is refused, it throws an unchecked exception before it has
   * written anything.
   */
  interface Work<T> {
    T apply(LedgerTransaction tx) throws SQLException;
  }

  /** How long a caller waits for a change that expires. */
  static final Duration TIME_TO_LIVE = Duration.ofSeconds(2);

  private final CompletableFuture<T> future = new CompletableFuture<>();
  private final long createdNanos = System.nanoTime();
  private final boolean expires;
  private final ProjectFinder finder;
  private final Work<T> work;
  private boolean mayBeCommitted;
  private String projectId = "";
  private @Nullable T result;
  private @Nullable RuntimeException failure;

  /**
   * @param expires whether the change is pointless after {@link #TIME_TO_LIVE}
   */
  LedgerChange(boolean expires, ProjectFinder finder, Work<T> work) {
    this.expires = expires;
    this.finder = finder;
    this.work = work;
  }

  CompletableFuture<T> future() {
    return future;
  }

  boolean expires() {
    return expires;
  }

  /**
   * Whether the caller may go on before the change is durable, see {@link HoldDurability}. A
   * refusal may tell of other changes, such as those that have used up the balance.
   */
  boolean isPlacedHold() {
    return failure == null && result instanceof HoldOutcome.Held;
  }

  /** Whether the caller no longer waits, and the change is certain not to be committed. */
  boolean isExpired() {
    return expires && !mayBeCommitted && System.nanoTime() - createdNanos > TIME_TO_LIVE.toNanos();
  }

  /** The project whose row the change locks, as of the last attempt; empty: none. */
  String projectId() {
    return projectId;
  }

  void locateProject(SqlSession sql, OpenHolds openHolds) throws SQLException {
    projectId = finder.find(sql, openHolds);
  }

  /** Applies the change, and keeps its result or its refusal for {@link #complete}. */
  void tryApply(LedgerTransaction tx) throws SQLException {
    failure = null;
    try {
      result = work.apply(tx);
    } catch (ArithmeticException | IllegalStateException e) {
      failure = e;
    }
  }

  /** From here on, the answer to a commit may be lost. */
  void committing() {
    mayBeCommitted = true;
  }

  void fail(RuntimeException why) {
    failure = why;
  }

  /** Completes the future with the outcome of {@link #tryApply} or {@link #fail}. */
  void complete() {
    RuntimeException failed = failure;
    if (failed == null) {
      future.complete(result);
    } else {
      future.completeExceptionally(failed);
    }
  }
}
