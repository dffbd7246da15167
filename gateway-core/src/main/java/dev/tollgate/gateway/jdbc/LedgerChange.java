package dev.tollgate.gateway.jdbc;

import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One change of the ledger on its way through the {@link CommitQueue}. It may be applied more than
 * once, in several transactions, and only the first counts: its ids make a repeat harmless.
 *
 * <p>The fields that are not final belong to the thread that writes the ledger.
 */
abstract class LedgerChange<T> {
  /** How long a caller waits for a change that expires. */
  static final Duration TIME_TO_LIVE = Duration.ofSeconds(2);

  private final CompletableFuture<T> future = new CompletableFuture<>();
  private final long createdNanos = System.nanoTime();
  private final boolean expires;
  private boolean mayBeCommitted;
  private String projectId = "";
  private @Nullable T result;
  private @Nullable RuntimeException failure;

  /**
   * @param expires whether the change is pointless after {@link #TIME_TO_LIVE}
   */
  LedgerChange(boolean expires) {
    this.expires = expires;
  }

  /** Finds the project whose row the change locks; empty: none. */
  abstract String findProjectId(SqlSession sql, OpenHolds openHolds) throws SQLException;

  /**
   * Applies the change.
   *
   * @throws RuntimeException if it is refused, before it has written anything
   */
  abstract T apply(LedgerTransaction tx) throws SQLException;

  CompletableFuture<T> future() {
    return future;
  }

  boolean expires() {
    return expires;
  }

  /** Whether nobody waits for the change any more, and it is certain that it was not committed. */
  boolean isExpired() {
    return expires && !mayBeCommitted && System.nanoTime() - createdNanos > TIME_TO_LIVE.toNanos();
  }

  /** The project whose row the change locks, as of the last attempt; empty: none. */
  String projectId() {
    return projectId;
  }

  void locateProject(SqlSession sql, OpenHolds openHolds) throws SQLException {
    projectId = findProjectId(sql, openHolds);
  }

  /** Applies the change, and keeps its result, or its refusal, for {@link #complete}. */
  void tryApply(LedgerTransaction tx) throws SQLException {
    failure = null;
    try {
      result = apply(tx);
    } catch (ArithmeticException | IllegalStateException e) {
      failure = e;
    }
  }

  /** From here on the answer to a commit may get lost. */
  void committing() {
    mayBeCommitted = true;
  }

  void fail(RuntimeException why) {
    failure = why;
  }

  /** Completes the future with what {@link #tryApply} or {@link #fail} left. */
  void complete() {
    RuntimeException failed = failure;
    if (failed == null) {
      future.complete(result);
    } else {
      future.completeExceptionally(failed);
    }
  }
}
