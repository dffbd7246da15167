package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.account.StoreUnavailableException;
import dev.tollgate.gateway.threads.OwnThreads;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * Thread that forces the write-ahead log to the disk, for commits that did not wait for it. The
 * ledger's writer goes on meanwhile. One force covers all commits before it, because there is one
 * log.
 *
 * <p>A failed force is final. The kernel may have dropped the pages that it could not write, so a
 * second force could succeed without them. From then on the gateway writes nothing, and confirms no
 * earlier commit. The thread counts as dead, so {@code /health/live} fails.
 *
 * <p>Safe for use by many threads.
 */
final class LogForcer implements AutoCloseable {
  private static final String NAME = "tollgate-ledger-log";
  private static final Duration MAX_WAIT = Duration.ofSeconds(3);
  private static final long MAX_CLOSING_MILLIS = 5_000;

  /** Callbacks for commits that have reached the disk, or never will. */
  private record Task(Runnable told, Consumer<RuntimeException> failed) {}

  private final LogFile log;
  private final OwnThreads threads;
  private final Runnable onForced;
  private final BlockingQueue<Task> waiting = new LinkedBlockingQueue<>();
  private final Thread thread;
  // How many commits have begun, so that readers may see them, and how many have ended.
  private final AtomicLong begun = new AtomicLong();
  private final AtomicLong ended = new AtomicLong();
  // How many commits are on the disk.
  private volatile long forced;
  private volatile boolean forcing;
  private volatile boolean failed;
  // Owned by the thread.
  private boolean closed;

  /**
   * Forces the log once, for the commits of an earlier process.
   *
   * @param onForced called at the end of each force, before the tasks; must not block
   * @throws IOException if the log cannot be forced
   */
  LogForcer(LogFile log, OwnThreads threads, Runnable onForced) throws IOException {
    this.log = log;
    this.threads = threads;
    this.onForced = onForced;
    try {
      log.force();
    } catch (IOException e) {
      log.close();
      throw e;
    }
    this.thread = threads.start(NAME, this::forceOn);
  }

  /**
   * Checks that something may be written.
   *
   * @throws StoreUnavailableException after a failed force
   */
  void requireIntact() {
    if (failed) {
      throw refused();
    }
  }

  private static StoreUnavailableException refused() {
    return new StoreUnavailableException("the disk did not take the write-ahead log");
  }

  /** Whether a force is under way, which covers no later commit. */
  boolean isForcing() {
    return forcing && !failed;
  }

  /** Notes that a commit begins. Called by the one thread that writes the ledger. */
  void committing() {
    begun.incrementAndGet();
  }

  /** Notes that the commit has ended, if one has begun. */
  void committed() {
    ended.set(begun.get());
  }

  /**
   * Runs a task on the thread of this forcer, once all commits before this call are on the disk.
   *
   * @param never runs instead, on any thread, if the disk does not take them
   */
  void whenForced(Runnable told, Consumer<RuntimeException> never) {
    waiting.add(new Task(told, never));
    if (failed || !thread.isAlive()) {
      failAll();
    }
  }

  private void failAll() {
    for (Task task = waiting.poll(); task != null; task = waiting.poll()) {
      task.failed.accept(refused());
    }
  }

  /**
   * Waits until all commits before this call are on the disk, even if interrupted.
   *
   * @throws StoreUnavailableException if that takes longer than 3 s, or the disk fails
   */
  void await() {
    long target = begun.get();
    long endNanos = System.nanoTime() + MAX_WAIT.toNanos();
    requireIntact();
    boolean interrupted = false;
    try {
      while (forced < target) {
        CountDownLatch done = new CountDownLatch(1);
        whenForced(done::countDown, why -> done.countDown());
        try {
          if (!done.await(endNanos - System.nanoTime(), TimeUnit.NANOSECONDS)) {
            throw new StoreUnavailableException(
                "the disk has not taken the write-ahead log in time");
          }
        } catch (InterruptedException e) {
          interrupted = true;
        }
        requireIntact();
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** See {@link LogFile#forcedBytes}. */
  long forcedLogBytes() {
    return log.forcedBytes();
  }

  private void forceOn() {
    List<Task> covered = new ArrayList<>();
    try {
      while (!closed) {
        covered.clear();
        covered.add(waiting.take());
        long before = ended.get();
        waiting.drainTo(covered);
        forcing = true;
        log.force();
        forcing = false;
        forced = before;
        onForced.run();
        covered.forEach(task -> task.told.run());
      }
    } catch (IOException | InterruptedException e) {
      // The gateway never interrupts this thread.
      failed = true;
      threads.died(NAME, e);
    } finally {
      if (!closed) {
        failed = true;
        waiting.addAll(covered);
      }
      failAll();
    }
  }

  private void end() {
    closed = true;
  }

  /** Forces what was committed, tells those who wait, and ends the thread. */
  @Override
  public void close() {
    // Not an interrupt, which would close the file.
    whenForced(this::end, why -> {});
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
