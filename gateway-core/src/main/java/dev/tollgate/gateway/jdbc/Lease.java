package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.ledger.Ledger;
import dev.tollgate.gateway.ledger.Orphans;
import dev.tollgate.gateway.threads.OwnThreads;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The heartbeat that tells nodes sharing a database which of them are alive. Each node renews its
 * lease by the database's clock. If a lease expires, the holds of that node are orphans, and any
 * other node may adopt them.
 *
 * <p>A node measures its own lease from before it sent the renewal. It therefore stops placing
 * holds before other nodes can consider it dead. A node that was paused notices this as soon as it
 * runs again.
 *
 * <p>After a database outage the leases of all nodes have expired, but the nodes do not renew them
 * at the same moment. A node therefore adopts holds only after it has renewed its own lease for a
 * whole term without a gap. By then every other live node has had time to renew its lease, too.
 * This wait does not apply to a node that stopped gracefully, because it has deleted its row.
 *
 * <p>Renewals use their own connection, not the ledger's queue, because the queue may wait for a
 * row that another session has locked.
 *
 * <p>On SQLite the server lock on the file guarantees that no other node is alive.
 */
final class Lease implements AutoCloseable {
  private static final Logger LOG = System.getLogger(Lease.class.getName());
  private static final int RENEWALS_IN_A_TERM = 6;

  /**
   * The number of intervals without a renewal after which a node no longer trusts its view of other
   * nodes.
   */
  private static final int MAX_GAP = 3;

  /** The longest plausible lease, in terms of this node; another node may have a longer term. */
  private static final int MAX_TERMS = 10;

  private static final Duration FORGOTTEN_AFTER = Duration.ofDays(1);
  private static final Duration TIDY_EVERY = Duration.ofMinutes(10);

  private final String node;
  private final Duration term;
  private final boolean alone;
  private final Database database;
  private final CommitQueue commits;
  private final OwnThreads threads;
  private @Nullable ScheduledExecutorService scheduler;

  // Guarded by this.
  private boolean valid;
  private long renewedAtNanos;
  private long heldSinceNanos;
  private long tidiedAtNanos = System.nanoTime();

  /**
   * @param node unique to this process and to this opening of the database
   * @param alone whether no other node can be alive
   */
  Lease(
      String node,
      Duration term,
      boolean alone,
      Database database,
      CommitQueue commits,
      OwnThreads threads) {
    this.threads = threads;
    this.node = node;
    this.term = term;
    this.alone = alone;
    this.database = database;
    this.commits = commits;
  }

  String node() {
    return node;
  }

  /**
   * Takes the lease, and renews it until {@link #close}.
   *
   * @throws dev.tollgate.gateway.account.StoreUnavailableException if it cannot be taken now
   */
  void start() {
    renewOrThrow();
    ScheduledExecutorService started = threads.scheduler("tollgate-lease");
    scheduler = started;
    long millis = Math.max(1, term.toMillis() / RENEWALS_IN_A_TERM);
    // Fixed rate, not fixed delay: a failed renewal has already taken time, so the next must be
    // soon.
    var unused = started.scheduleAtFixedRate(this::renew, millis, millis, TimeUnit.MILLISECONDS);
  }

  /**
   * Whether this node may assume that other nodes consider it alive. If there can be no other node,
   * this is true while the node runs. Renewals may then be late, because on SQLite they wait for
   * the ledger's commits like any other writer.
   */
  synchronized boolean isValid() {
    return valid && (alone || System.nanoTime() - renewedAtNanos < term.toNanos());
  }

  private void renewOrThrow() {
    long askedAtNanos = System.nanoTime();
    database.write(this::write);
    renewed(askedAtNanos);
  }

  private void renew() {
    try {
      renewOrThrow();
    } catch (RuntimeException e) {
      // The ledger's queue already reports an outage; the next renewal may succeed.
      LOG.log(Level.DEBUG, "the lease was not renewed", e);
    }
  }

  /** Writes through the ledger's queue, as a hold would. */
  CompletionStage<Void> probe() {
    return commits
        .submit(new LedgerChange<>(true, (sql, openHolds) -> "", tx -> write(tx.sql())))
        .thenAccept(ignored -> {});
  }

  private int write(SqlSession sql) throws SQLException {
    return sql.query(
            "INSERT INTO node (id, lease_until) VALUES (?, "
                + sql.dialect().nowMillis()
                + " + ?) ON CONFLICT (id) DO UPDATE SET lease_until = excluded.lease_until")
        .text(node)
        .number(term.toMillis())
        .update();
  }

  private synchronized void renewed(long askedAtNanos) {
    if (!valid || askedAtNanos - renewedAtNanos > MAX_GAP * interval()) {
      heldSinceNanos = askedAtNanos;
    }
    valid = true;
    renewedAtNanos = askedAtNanos;
  }

  private long interval() {
    return term.toNanos() / RENEWALS_IN_A_TERM;
  }

  /** Whether this node has renewed its lease for a whole term without a gap, up to now. */
  private synchronized boolean heldForATerm() {
    long now = System.nanoTime();
    return valid
        && now - renewedAtNanos < MAX_GAP * interval()
        && now - heldSinceNanos > term.toNanos();
  }

  /**
   * Adopts the holds of nodes that are gone.
   *
   * @return how many holds of each kind were adopted
   */
  Orphans adoptOrphans(Instant now) {
    if (!isValid()) {
      return Orphans.NONE;
    }
    tidy(now);
    String clock = database.dialect().nowMillis();
    String orphans = " AND owner <> ?";
    if (!alone) {
      String others = "SELECT id FROM node";
      if (heldForATerm()) {
        // Somewhat later than the time at which the other node stops placing holds.
        others += " WHERE lease_until + " + term.toMillis() / MAX_GAP + " >= " + clock;
      }
      orphans += " AND owner NOT IN (" + others + ")";
    }
    String which = orphans;
    // Usually there are none, and this read takes no lock.
    if (!database.exists(
        "SELECT 1 FROM hold WHERE state IN ('open', 'pending')" + which + " LIMIT 1",
        query -> query.text(node))) {
      return Orphans.NONE;
    }
    return database.write(
        sql -> {
          // Pending holds come second: the first update already gave this node the holds that were
          // open.
          int open =
              adopt(
                  sql.query(
                      "UPDATE hold SET owner = ?, state = 'pending', reason = 'crash',"
                          + " pending_at = ?, next_ask_at = ? WHERE state = 'open'"
                          + which),
                  now);
          int pending =
              adopt(
                  sql.query(
                      "UPDATE hold SET owner = ?, pending_at = coalesce(pending_at, ?),"
                          + " next_ask_at = coalesce(next_ask_at, ?) WHERE state = 'pending'"
                          + which),
                  now);
          return new Orphans(open, pending);
        });
  }

  private int adopt(Query update, Instant now) throws SQLException {
    return update.text(node).time(now).time(now).text(node).update();
  }

  /**
   * Shortens leases that were granted while the database's clock ran ahead. Without this, the holds
   * of a node that is gone would not be adopted for that long. A live node renews its lease in
   * time.
   *
   * @return how many leases were shortened
   */
  int cutLeases() {
    String clock = database.dialect().nowMillis();
    long longest = term.multipliedBy(MAX_TERMS).plus(Ledger.CLOCK_SKEW).toMillis();
    String tooLong = " WHERE lease_until > " + clock + " + " + longest;
    if (!database.exists("SELECT 1 FROM node" + tooLong + " LIMIT 1", query -> query)) {
      return 0;
    }
    return database.update(
        "UPDATE node SET lease_until = " + clock + " + " + term.toMillis() + tooLong,
        query -> query);
  }

  /** Deletes expired idempotency keys, and nodes that have been gone for a day. */
  private void tidy(Instant now) {
    synchronized (this) {
      if (System.nanoTime() - tidiedAtNanos < TIDY_EVERY.toNanos()) {
        return;
      }
      tidiedAtNanos = System.nanoTime();
    }
    database.update(
        "DELETE FROM idempotency WHERE created_at < ?",
        query -> query.time(now.minus(Ledger.IDEMPOTENCY_WINDOW.multipliedBy(2))));
    database.update(
        "DELETE FROM node WHERE lease_until < " + database.dialect().nowMillis() + " - ?",
        query -> query.number(FORGOTTEN_AFTER.toMillis()));
  }

  /** Stops renewals and new holds. */
  @Override
  public void close() {
    if (scheduler != null) {
      scheduler.shutdownNow();
    }
    synchronized (this) {
      valid = false;
    }
  }

  /**
   * Deletes the row of this node, so that other nodes may adopt its unsettled holds at once. Call
   * this only when no more changes are written for this node.
   */
  void sayGoodBye() {
    if (scheduler == null) {
      return;
    }
    try {
      database.update("DELETE FROM node WHERE id = ?", query -> query.text(node));
    } catch (RuntimeException e) {
      LOG.log(Level.DEBUG, "the lease was not deleted; it expires by itself", e);
    }
  }
}
