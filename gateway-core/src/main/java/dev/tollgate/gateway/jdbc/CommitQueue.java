package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.account.StoreUnavailableException;
import dev.tollgate.gateway.threads.OwnThreads;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Group commit: one thread drains a queue of changes into one transaction, so that many requests
 * share one disk sync. A second thread completes the changes of a batch one after the other, while
 * the next batch is being written. It wakes once per batch. {@link BatchCommitter} retries failed
 * batches. Safe for use by many threads.
 */
final class CommitQueue implements AutoCloseable {
  private static final Logger LOG = System.getLogger(CommitQueue.class.getName());
  private static final int MAX_BATCH = 256;
  private static final int MANY = 8;
  private static final long GATHER_NANOS = 300_000;
  private static final int MAX_EXPIRING = 10_000;
  private static final Duration CLOSING = Duration.ofSeconds(5);

  private final BlockingQueue<LedgerChange<?>> queue = new LinkedBlockingQueue<>();
  private final AtomicInteger expiring = new AtomicInteger();
  private final Database database;
  private final BatchCommitter committer;
  private final ExecutorService callbackExecutor;
  private final Thread writer;
  private volatile boolean closed;
  private volatile long giveUpAtNanos;
  // Used only by the writer thread.
  private int lastBatch;

  /**
   * @param node the owner of new holds
   */
  CommitQueue(Database database, String node, OwnThreads threads) {
    this.database = database;
    this.committer =
        new BatchCommitter(
            database, node, this::callBack, this::mustGiveUp, this::dropExpiredFromQueue);
    this.callbackExecutor = threads.scheduler("tollgate-ledger-answers");
    this.writer = threads.start("tollgate-ledger", this::write);
  }

  <T> CompletableFuture<T> submit(LedgerChange<T> change) {
    if (!writer.isAlive() || (closed && change.expires())) {
      change.future().completeExceptionally(new StoreUnavailableException("the ledger is closed"));
    } else if (change.expires() && expiring.incrementAndGet() > MAX_EXPIRING) {
      expiring.decrementAndGet();
      change
          .future()
          .completeExceptionally(
              new StoreUnavailableException("too many changes wait for the ledger"));
    } else {
      queue.add(change);
    }
    return change.future();
  }

  /** The number of queued changes. */
  int waiting() {
    return queue.size();
  }

  private void write() {
    List<LedgerChange<?>> batch = new ArrayList<>();
    while (isNeeded()) {
      try {
        LedgerChange<?> first =
            queue.poll(committer.hasAside() ? 100 : 1_000, TimeUnit.MILLISECONDS);
        if (first != null) {
          gather();
          batch.add(first);
          queue.drainTo(batch, MAX_BATCH - 1);
          lastBatch = batch.size();
          committer.commit(batch);
        }
        committer.retryAside();
      } catch (InterruptedException e) {
        // Only close interrupts this thread, to wake it.
      } catch (RuntimeException e) {
        // A bug. The thread must continue: without it no request would ever be charged again.
        LOG.log(Level.ERROR, "the ledger failed unexpectedly", e);
        lose(batch, e);
      } catch (Error e) {
        lose(batch, e);
        throw e;
      } finally {
        batch.forEach(this::left);
        batch.clear();
      }
    }
  }

  private void lose(List<LedgerChange<?>> batch, Throwable why) {
    List<LedgerChange<?>> lost = List.copyOf(batch);
    callBack(() -> lost.forEach(change -> change.future().completeExceptionally(why)));
  }

  private void left(LedgerChange<?> change) {
    if (change.expires()) {
      expiring.decrementAndGet();
    }
  }

  /**
   * Waits a moment under load. The callers of the last batch submit their next changes, so twice as
   * many share one disk sync. A single request does not wait.
   */
  private void gather() {
    if (lastBatch >= MANY && queue.size() < lastBatch) {
      LockSupport.parkNanos(GATHER_NANOS);
    }
  }

  /** Fails expired changes in the queue, which wait while a batch cannot be written. */
  private void dropExpiredFromQueue() {
    queue.removeIf(
        change -> {
          boolean expired = committer.dropIfExpired(change);
          if (expired) {
            left(change);
          }
          return expired;
        });
  }

  private boolean isNeeded() {
    if (closed && isIdle()) {
      // A callback may submit another change.
      awaitCallbacks();
    }
    return !closed || !isIdle();
  }

  private boolean isIdle() {
    return queue.isEmpty() && !committer.hasAside();
  }

  private boolean mustGiveUp() {
    return closed && System.nanoTime() - giveUpAtNanos > 0;
  }

  private void awaitCallbacks() {
    CountDownLatch done = new CountDownLatch(1);
    try {
      // Charges are told on another thread, when they are durable.
      database.awaitDurable();
    } catch (StoreUnavailableException e) {
      LOG.log(Level.ERROR, "the last charges were not told: {0}", e.getMessage());
    }
    callBack(done::countDown);
    // Close interrupts this thread once, to wake it.
    for (int i = 0; i < 2; i++) {
      try {
        var unused = done.await(CLOSING.toMillis(), TimeUnit.MILLISECONDS);
        return;
      } catch (InterruptedException e) {
        // Wait again.
      }
    }
  }

  private void callBack(Runnable task) {
    try {
      callbackExecutor.execute(task);
    } catch (RejectedExecutionException e) {
      // The executor is already shut down; run inline.
      task.run();
    }
  }

  /** Writes the queued changes, within a time limit, and ends the thread. */
  @Override
  public void close() {
    giveUpAtNanos = System.nanoTime() + CLOSING.toNanos();
    closed = true;
    writer.interrupt();
    try {
      writer.join(2 * CLOSING.toMillis());
      callbackExecutor.shutdown();
      var unused = callbackExecutor.awaitTermination(CLOSING.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
