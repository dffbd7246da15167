package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.account.StoreUnavailableException;
import dev.tollgate.gateway.threads.OwnThreads;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
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
  private static final long MIN_INTERVAL_NANOS = 250_000;
  private static final long ASIDE_NANOS = 100_000_000;
  private static final long REST_NANOS = 1_000_000_000;
  private static final int MAX_EXPIRING = 10_000;
  private static final Duration CLOSING = Duration.ofSeconds(5);

  private final Queue<LedgerChange<?>> queue = new ConcurrentLinkedQueue<>();
  private final AtomicInteger waiting = new AtomicInteger();
  private final AtomicInteger expiring = new AtomicInteger();
  private final Database database;
  private final BatchCommitter committer;
  private final ExecutorService callbackExecutor;
  private final Thread writer;
  // Whether the writer sleeps, or is about to.
  private volatile boolean resting;
  private volatile boolean closed;
  private volatile long giveUpAtNanos;
  // Used only by the writer thread.
  private int lastBatch;
  private long beganNanos = System.nanoTime();

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
              new StoreUnavailableException("too many changes are waiting for the ledger"));
    } else {
      queue.add(change);
      waiting.incrementAndGet();
      wake();
    }
    return change.future();
  }

  /** Lets the writer look again whether there is work. */
  void wake() {
    if (resting) {
      LockSupport.unpark(writer);
    }
  }

  /** The number of queued changes. */
  int waiting() {
    return waiting.get();
  }

  private void write() {
    List<LedgerChange<?>> batch = new ArrayList<>();
    while (isNeeded()) {
      try {
        awaitWork();
        if (isWork()) {
          gather();
          take(batch);
          lastBatch = batch.size();
          committer.commit(batch);
        }
        committer.retryAside();
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

  private void awaitWork() {
    resting = true;
    if (!isWork() && !closed) {
      LockSupport.parkNanos(committer.hasAside() ? ASIDE_NANOS : REST_NANOS);
    }
    resting = false;
  }

  /**
   * Whether to write a batch now. Settlements gather while the disk takes an earlier batch: that
   * force does not cover them, and one commit for many is cheaper.
   */
  private boolean isWork() {
    return expiring.get() > 0
        || (waiting.get() > 0 && (closed || !database.durability().isForcing()));
  }

  private void take(List<LedgerChange<?>> batch) {
    LedgerChange<?> next = queue.poll();
    while (next != null) {
      batch.add(next);
      next = batch.size() < MAX_BATCH ? queue.poll() : null;
    }
    waiting.addAndGet(-batch.size());
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
   * Waits a moment under load, so that more changes share one commit: each costs the same, whatever
   * the size of its batch. A single request does not wait.
   */
  private void gather() {
    long sinceNanos = System.nanoTime() - beganNanos;
    if (lastBatch >= MANY && waiting.get() < lastBatch) {
      // The callers of the last batch submit their next changes.
      LockSupport.parkNanos(GATHER_NANOS);
    } else if (sinceNanos < MIN_INTERVAL_NANOS) {
      LockSupport.parkNanos(MIN_INTERVAL_NANOS - sinceNanos);
    }
    beganNanos = System.nanoTime();
  }

  /** Fails expired changes in the queue, which wait while a batch cannot be written. */
  private void dropExpiredFromQueue() {
    queue.removeIf(
        change -> {
          boolean expired = committer.dropIfExpired(change);
          if (expired) {
            waiting.decrementAndGet();
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
    // Charges are told on another thread, when they are durable.
    database
        .durability()
        .whenDurable(() -> callBack(done::countDown), why -> callBack(done::countDown));
    try {
      var unused = done.await(CLOSING.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
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
    LockSupport.unpark(writer);
    try {
      writer.join(2 * CLOSING.toMillis());
      callbackExecutor.shutdown();
      var unused = callbackExecutor.awaitTermination(CLOSING.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
