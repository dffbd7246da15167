package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.account.StoreUnavailableException;
import dev.tollgate.gateway.threads.OwnThreads;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Thread that forces the write-ahead log to the disk, for commits that did not wait for it. The
 * ledger's writer goes on meanwhile. One force covers all commits before it, because there is one
 * log.
 *
 * <p>A failed force is final. The kernel may have dropped the pages that it could not write, so a
 * second force could succeed without them. From then on nothing is committed and nobody is told of
 * an earlier commit. The thread counts as dead, so {@code /health/live} fails.
 *
 * <p>Safe for use by many threads.
 */
final class LogForcer implements AutoCloseable {
  private static final String NAME = "tollgate-ledger-log";
  private static final long MAX_WAIT_SECONDS = 3;
  private static final long MAX_CLOSING_MILLIS = 5_000;

  private final LogFile log;
  private final OwnThreads threads;
  private final Runnable onForced;
  private final BlockingQueue<Runnable> waiting = new LinkedBlockingQueue<>();
  private final Thread thread;
  private final AtomicLong committed = new AtomicLong();
  // How many of the commits are on the disk.
  private volatile long forced;
  private volatile boolean forcing;
  private volatile boolean failed;
  // Owned by the thread.
  private boolean ended;

  /**
   * Forces the log once, for the commits of an earlier process.
   *
   * @param onForced called at the end of each force, before anybody is told; must not block
   * @throws IOException if the log cannot be forced
   */
  LogForcer(LogFile log, OwnThreads threads, Runnable onForced) throws IOException {
    this.log = log;
    this.threads = threads;
    this.onForced = onForced;
    log.force();
    this.thread = threads.start(NAME, this::forceOn);
  }

  /**
   * Checks that commits may go on.
   *
   * @throws StoreUnavailableException after a failed force
   */
  void requireIntact() {
    if (failed) {
      throw new StoreUnavailableException("the disk did not take the write-ahead log");
    }
  }

  /** Whether a force is under way, which covers no later commit. */
  boolean isForcing() {
    return forcing && !failed;
  }

  /** Notes a commit. Called by the one thread that writes the ledger. */
  void committed() {
    committed.incrementAndGet();
  }

  /**
   * Runs a task on the thread of this forcer, once all commits before this call are on the disk.
   */
  void whenForced(Runnable told) {
    waiting.add(told);
  }

  /**
   * Waits until all commits before this call are on the disk.
   *
   * @throws StoreUnavailableException if that takes longer than 3 s, or the disk fails
   */
  void await() {
    requireIntact();
    if (forced >= committed.get() || Thread.currentThread().equals(thread)) {
      return;
    }
    CountDownLatch done = new CountDownLatch(1);
    whenForced(done::countDown);
    try {
      if (!done.await(MAX_WAIT_SECONDS, TimeUnit.SECONDS)) {
        throw new StoreUnavailableException("the disk has not taken the write-ahead log in time");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StoreUnavailableException("interrupted while waiting for the disk", e);
    }
  }

  /** See {@link LogFile#forcedBytes}. */
  long forcedLogBytes() {
    return log.forcedBytes();
  }

  private void forceOn() {
    List<Runnable> covered = new ArrayList<>();
    try {
      while (!ended) {
        covered.clear();
        covered.add(waiting.take());
        long before = committed.get();
        waiting.drainTo(covered);
        forcing = true;
        log.force();
        forcing = false;
        onForced.run();
        covered.forEach(Runnable::run);
        forced = before;
      }
    } catch (IOException | InterruptedException e) {
      // Nobody interrupts this thread, except to abuse it.
      failed = true;
      threads.died(NAME, e);
    } catch (RuntimeException | Error e) {
      failed = true;
      throw e;
    }
  }

  private void end() {
    ended = true;
  }

  /** Forces what was committed, tells those who wait, and ends the thread. */
  @Override
  public void close() {
    // Not an interrupt, which would close the file.
    waiting.add(this::end);
    try {
      thread.join(MAX_CLOSING_MILLIS);
      log.close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      throw new DatabaseException("cannot close the write-ahead log", e);
    }
  }
}
