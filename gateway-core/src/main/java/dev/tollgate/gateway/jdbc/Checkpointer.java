package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.account.StoreUnavailableException;
import dev.tollgate.gateway.threads.OwnThreads;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Checkpoints of a SQLite database's write-ahead log, mostly out of the way of the ledger's writer.
 *
 * <pre>
 *   COUNTING --MAX_COMMITS--> COPYING    on a separate thread and connection
 *   COPYING  --copied-------> FINISHING
 *   FINISHING --the writer copies the few pages that came meanwhile--> COUNTING
 * </pre>
 *
 * The copy reads the log and writes the database's pages. The last step also syncs the database,
 * which SQLite does only when it reaches the end of the log. The writer's next commit then starts
 * the log from its beginning. Without the last step the log would grow for as long as there are
 * commits, because a checkpoint beside a writer never reaches that end (sqlite.org/wal.html,
 * section 2.2).
 */
final class Checkpointer implements AutoCloseable {
  /** A commit writes 10 to 30 pages of 4 KiB, so the log stays below some 40 MB. */
  static final int MAX_COMMITS = 250;

  private static final Duration MAX_CLOSING = Duration.ofSeconds(5);
  private static final Logger LOG = System.getLogger(Checkpointer.class.getName());

  private enum State {
    COUNTING,
    COPYING,
    FINISHING
  }

  private final ConnectionPool pool;
  private final Runnable requireIntact;
  private final ScheduledExecutorService thread;
  private volatile State state = State.COUNTING;
  // Owned by the writer.
  private int commits;

  /**
   * @param pool of the connections beside the writer's
   * @param requireIntact throws if nothing may be written any more
   */
  Checkpointer(ConnectionPool pool, Runnable requireIntact, OwnThreads threads) {
    this.pool = pool;
    this.requireIntact = requireIntact;
    this.thread = threads.scheduler("tollgate-checkpoint");
  }

  /**
   * Notes a commit. Called by the writer, outside of any transaction.
   *
   * @param writer its connection
   */
  void committed(Connection writer) {
    commits++;
    if (state == State.FINISHING) {
      commits = 0;
      checkpoint(writer);
      state = State.COUNTING;
    } else if (state == State.COUNTING && commits >= MAX_COMMITS) {
      state = State.COPYING;
      try {
        thread.execute(this::copy);
      } catch (RejectedExecutionException e) {
        // Closing. The end of the last connection makes the last checkpoint.
        state = State.COUNTING;
      }
    }
  }

  private void copy() {
    try {
      requireIntact.run();
      var unused =
          pool.with(
              connection -> {
                checkpoint(connection);
                return true;
              });
    } catch (SQLException | StoreUnavailableException e) {
      LOG.log(Level.DEBUG, "no checkpoint: {0}", e.getMessage());
    } finally {
      state = State.FINISHING;
    }
  }

  /** A failure leaves the log longer; the next checkpoint copies the same pages. */
  private static void checkpoint(Connection connection) {
    try (Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery("PRAGMA wal_checkpoint(PASSIVE)")) {
      if (result.next() && LOG.isLoggable(Level.DEBUG)) {
        LOG.log(Level.DEBUG, "checkpoint: {0} of {1} pages", result.getInt(3), result.getInt(2));
      }
    } catch (SQLException e) {
      LOG.log(Level.DEBUG, "no checkpoint: {0}", e.getMessage());
    }
  }

  /** Waits for a checkpoint that has begun. */
  @Override
  public void close() {
    thread.shutdown();
    try {
      var unused = thread.awaitTermination(MAX_CLOSING.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
