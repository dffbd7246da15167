package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.account.StoreUnavailableException;
import dev.tollgate.gateway.threads.OwnThreads;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Group commit: one thread drains a queue of changes into one transaction, so that many requests
 * share one sync of the disk. A change is told done when its commit is, on a thread of its own for
 * whoever goes on from there: the changes of a batch one after the other, for one wake-up, while
 * the next batch is being written.
 *
 * <p>A batch that met a database that is down, locked or torn by another node is made again as a
 * whole, also when nobody knows whether its commit went through: each change is safe to repeat.
 * While that goes on, changes that nobody waits for any more ({@linkplain Change#perishable
 * perishable} ones that were never on their way) are given up; the others are kept. A batch that
 * the database refuses, or that fails in a way that nobody thought of, is made change by change, to
 * find the one at fault. The changes of a project whose row somebody has locked are set aside for a
 * while, so that the others go on.
 */
final class CommitQueue implements AutoCloseable {
  private static final Logger LOG = System.getLogger(CommitQueue.class.getName());
  private static final int MAX_BATCH = 256;
  private static final int MANY = 8;
  private static final long GATHER_NANOS = 300_000;
  private static final int MAX_PERISHABLE = 10_000;
  private static final long FIRST_PAUSE_MILLIS = 20;
  private static final long LAST_PAUSE_MILLIS = 500;

  /** How long a perishable change waits for its turn. */
  static final Duration PATIENCE = Duration.ofSeconds(2);

  /** How long the changes of a project wait whose row somebody has locked. */
  private static final Duration ASIDE = Duration.ofSeconds(1);

  private static final Duration CLOSING = Duration.ofSeconds(5);

  private final Database database;
  private final String node;
  private final BlockingQueue<Change<?>> queue = new LinkedBlockingQueue<>();
  private final AtomicInteger perishables = new AtomicInteger();
  private final Thread writer;
  private final ExecutorService teller;
  private volatile boolean closed;
  private volatile long giveUpAtNanos;
  // The writer's alone.
  private boolean failing;
  private int lastBatch;
  private final List<Change<?>> aside = new ArrayList<>();
  private final OpenHolds openHolds = new OpenHolds();
  private long asideUntilNanos;

  /** Something to be done in a transaction, at least once, of which only the first counts. */
  abstract static class Change<T> {
    private final CompletableFuture<T> done = new CompletableFuture<>();
    private final long bornNanos = System.nanoTime();
    private final boolean perishable;
    // The writer's alone.
    private boolean maybeCommitted;
    private String order = "";
    private @Nullable T result;
    private @Nullable RuntimeException refusal;

    /**
     * @param perishable whether it is pointless after {@link #PATIENCE}
     */
    Change(boolean perishable) {
      this.perishable = perishable;
    }

    /** The project whose row it locks: batches lock them in this order, on every node. */
    abstract String projectId(Connection connection, OpenHolds openHolds) throws SQLException;

    /**
     * Makes it.
     *
     * @throws RuntimeException if it is refused, before it has changed anything
     */
    abstract T make(Books books) throws SQLException;

    private void run(Books books) throws SQLException {
      refusal = null;
      try {
        result = make(books);
      } catch (ArithmeticException | IllegalStateException e) {
        refusal = e;
      }
    }

    private void tell() {
      RuntimeException refused = refusal;
      if (refused == null) {
        done.complete(result);
      } else {
        done.completeExceptionally(refused);
      }
    }

    private void fail(RuntimeException why) {
      refusal = why;
    }

    private boolean isPerished() {
      return perishable && !maybeCommitted && System.nanoTime() - bornNanos > PATIENCE.toNanos();
    }
  }

  /**
   * @param node that new holds belong to
   */
  CommitQueue(Database database, String node, OwnThreads threads) {
    this.database = database;
    this.node = node;
    this.teller = threads.scheduler("tollgate-ledger-answers");
    this.writer = threads.start("tollgate-ledger", this::write);
  }

  <T> CompletableFuture<T> submit(Change<T> change) {
    if (!writer.isAlive() || (closed && change.perishable)) {
      change.done.completeExceptionally(new StoreUnavailableException("the ledger is closed"));
    } else if (change.perishable && perishables.incrementAndGet() > MAX_PERISHABLE) {
      perishables.decrementAndGet();
      change.done.completeExceptionally(
          new StoreUnavailableException("too many changes wait for the ledger"));
    } else {
      queue.add(change);
    }
    return change.done;
  }

  /** How many changes wait for their turn. */
  int waiting() {
    return queue.size();
  }

  private void write() {
    List<Change<?>> batch = new ArrayList<>();
    while (isNeeded()) {
      try {
        Change<?> first = queue.poll(aside.isEmpty() ? 1_000 : 100, TimeUnit.MILLISECONDS);
        if (first != null) {
          gather();
          batch.add(first);
          queue.drainTo(batch, MAX_BATCH - 1);
          lastBatch = batch.size();
          commit(batch);
        }
        commitAside();
      } catch (InterruptedException e) {
        // Only close does that, to wake it up.
      } catch (RuntimeException e) {
        // Whatever it is: without this thread nothing would ever be charged again.
        LOG.log(Level.ERROR, "the ledger failed unexpectedly", e);
        lose(batch, e);
      } catch (Error e) {
        lose(batch, e);
        throw e;
      } finally {
        for (Change<?> change : batch) {
          if (change.perishable) {
            perishables.decrementAndGet();
          }
        }
        batch.clear();
      }
    }
  }

  private void lose(List<Change<?>> batch, Throwable why) {
    List<Change<?>> lost = List.copyOf(batch);
    onTeller(() -> lost.forEach(change -> change.done.completeExceptionally(why)));
  }

  /**
   * Where many changes come at once, those that were just told of the last commit send the next
   * ones: a moment later there are twice as many for one sync of the disk. A single request does
   * not wait.
   */
  private void gather() {
    if (lastBatch >= MANY && queue.size() < lastBatch) {
      LockSupport.parkNanos(GATHER_NANOS);
    }
  }

  /** Who is told something while the queue is closed may have something to say to that. */
  private boolean isNeeded() {
    if (closed && queue.isEmpty() && aside.isEmpty()) {
      awaitTold();
    }
    return !closed || !queue.isEmpty() || !aside.isEmpty();
  }

  private void awaitTold() {
    CountDownLatch told = new CountDownLatch(1);
    onTeller(told::countDown);
    // Close interrupts this thread, once, to wake it up.
    for (int i = 0; i < 2; i++) {
      try {
        var unused = told.await(CLOSING.toMillis(), TimeUnit.MILLISECONDS);
        return;
      } catch (InterruptedException e) {
        // Again.
      }
    }
  }

  private void commitAside() {
    aside.removeIf(this::givesUp);
    if (!aside.isEmpty() && System.nanoTime() - asideUntilNanos > 0) {
      List<Change<?>> again = List.copyOf(aside);
      aside.clear();
      if (closed && System.nanoTime() - giveUpAtNanos > 0) {
        StoreUnavailableException e = new StoreUnavailableException("the ledger is closed");
        failAll(again, e);
      } else {
        commit(again);
      }
    }
  }

  /** Returns when each change is told done, refused, given up or set aside. */
  private void commit(List<Change<?>> batch) {
    List<Change<?>> left = new ArrayList<>(batch);
    long pauseMillis = FIRST_PAUSE_MILLIS;
    while (!left.isEmpty()) {
      left.removeIf(this::givesUp);
      if (left.isEmpty()) {
        return;
      }
      try {
        database.write(connection -> make(connection, left));
        succeeded();
        tellAll(left);
        return;
      } catch (StoreUnavailableException e) {
        if (database.refuses(e)) {
          oneByOne(left, e);
          return;
        }
        if (database.isContended(e)) {
          byProject(left);
          return;
        }
        failed(e);
        if (closed && System.nanoTime() - giveUpAtNanos > 0) {
          failAll(left, e);
          return;
        }
        pause(pauseMillis);
        pauseMillis = Math.min(2 * pauseMillis, LAST_PAUSE_MILLIS);
      } catch (RuntimeException e) {
        // A row that this version cannot read, or a fault of ours.
        oneByOne(left, e);
        return;
      }
    }
  }

  /** Somebody has locked a project's row: the others do not wait for it. */
  private void byProject(List<Change<?>> changes) {
    Map<String, List<Change<?>>> projects = new LinkedHashMap<>();
    for (Change<?> change : changes) {
      projects.computeIfAbsent(change.order, ignored -> new ArrayList<>()).add(change);
    }
    for (List<Change<?>> each : projects.values()) {
      if (projects.size() == 1 || !commitOnce(each)) {
        aside.addAll(each);
      }
    }
    asideUntilNanos = System.nanoTime() + ASIDE.toNanos();
  }

  /**
   * @return false if it is to be tried again
   */
  private boolean commitOnce(List<Change<?>> changes) {
    try {
      database.write(connection -> make(connection, changes));
      tellAll(changes);
      return true;
    } catch (StoreUnavailableException e) {
      if (database.refuses(e)) {
        oneByOne(changes, e);
        return true;
      }
      LOG.log(Level.DEBUG, "set aside: {0}", e.getMessage());
      return false;
    } catch (RuntimeException e) {
      oneByOne(changes, e);
      return true;
    }
  }

  /**
   * Gives a change up that nobody waits for any more.
   *
   * @return whether it was one
   */
  private boolean givesUp(Change<?> change) {
    boolean perished = change.isPerished();
    if (perished) {
      failAll(List.of(change), new StoreUnavailableException("the ledger did not answer in time"));
    }
    return perished;
  }

  private void tellAll(List<Change<?>> changes) {
    // The list is the writer's, and will be another by then.
    List<Change<?>> told = List.copyOf(changes);
    onTeller(() -> told.forEach(Change::tell));
  }

  private void onTeller(Runnable task) {
    try {
      teller.execute(task);
    } catch (RejectedExecutionException e) {
      // This thread has outlived its closing.
      task.run();
    }
  }

  private void failAll(List<Change<?>> changes, RuntimeException why) {
    changes.forEach(change -> change.fail(why));
    tellAll(changes);
  }

  private int make(Connection connection, List<Change<?>> changes) throws SQLException {
    for (Change<?> change : changes) {
      change.order = change.projectId(connection, openHolds);
    }
    // Stable: what concerns one project stays in the order in which it was said.
    changes.sort(Comparator.comparing(change -> change.order));
    try (Books books = database.books(connection, node, openHolds)) {
      for (Change<?> change : changes) {
        if (!change.order.isEmpty()) {
          // Locked before anything of it is read.
          var unused = books.account(change.order);
        }
        change.run(books);
      }
      books.write();
    }
    changes.forEach(change -> change.maybeCommitted = true);
    return changes.size();
  }

  private void oneByOne(List<Change<?>> changes, RuntimeException refusal) {
    if (changes.size() == 1) {
      LOG.log(Level.ERROR, "the database refuses a change of the ledger", refusal);
      failAll(changes, refusal);
      return;
    }
    for (Change<?> change : changes) {
      commit(List.of(change));
    }
  }

  private void succeeded() {
    if (failing) {
      failing = false;
      LOG.log(Level.INFO, "The ledger can be written again");
    }
  }

  private void failed(StoreUnavailableException e) {
    if (!failing) {
      failing = true;
      LOG.log(Level.WARNING, "The ledger cannot be written: {0}", e.getMessage());
    }
    // Those behind this batch wait for it, too.
    queue.removeIf(
        change -> {
          boolean gone = givesUp(change);
          if (gone) {
            perishables.decrementAndGet();
          }
          return gone;
        });
  }

  private static void pause(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      // Closing: one more attempt, at once.
    }
  }

  /** Writes what is left, within a limit, and ends the thread. */
  @Override
  public void close() {
    giveUpAtNanos = System.nanoTime() + CLOSING.toNanos();
    closed = true;
    writer.interrupt();
    try {
      writer.join(2 * CLOSING.toMillis());
      teller.shutdown();
      var unused = teller.awaitTermination(CLOSING.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
