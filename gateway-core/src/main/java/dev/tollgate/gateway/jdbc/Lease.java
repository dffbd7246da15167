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
 * Heartbeat that tells nodes sharing a database which of them are alive. Each renews its lease by
 * the database's clock; the holds of a node whose lease ran out are orphans, and any other node may
 * make them its own. A node itself counts from before it asked, so it stops placing holds before
 * others may think it dead; a node that was paused finds out as soon as it goes on.
 *
 * <p>When the database was down, the leases of all nodes run out together, though not in the same
 * moment. So a node takes from another that has not said good-bye only while it renews its own
 * lease, and has done so for a whole term without a gap: by then the other has had the time, too.
 *
 * <p>Leases are renewed on a connection of their own, not in the ledger's queue: that may have to
 * wait for a row that another session has locked.
 *
 * <p>On SQLite the server's lock on the file says the same: the process that has it is alone.
 */
final class Lease implements AutoCloseable {
  private static final Logger LOG = System.getLogger(Lease.class.getName());
  private static final int RENEWALS_IN_A_TERM = 6;

  /** After so many renewals missed, a node's own view of who is alive counts for nothing. */
  private static final int MAX_GAP = 3;

  /** No lease is longer, also of a node that has a longer term. */
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
   * @param node unique to this process and opening of the database
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
    long askedAtNanos = System.nanoTime();
    database.write(this::write);
    renewed(askedAtNanos);
    ScheduledExecutorService started = threads.scheduler("tollgate-lease");
    scheduler = started;
    long millis = Math.max(1, term.toMillis() / RENEWALS_IN_A_TERM);
    // More often than it need be after a renewal that failed, as that has taken its time already.
    var unused = started.scheduleAtFixedRate(this::renew, millis, millis, TimeUnit.MILLISECONDS);
  }

  /**
   * Whether this node may still think that others think it alive. Where there can be no others, it
   * may for as long as it runs: there renewals wait for the ledger's commits, as for any writer.
   */
  synchronized boolean isValid() {
    return valid && (alone || System.nanoTime() - renewedAtNanos < term.toNanos());
  }

  private void renew() {
    try {
      long askedAtNanos = System.nanoTime();
      database.write(this::write);
      renewed(askedAtNanos);
    } catch (RuntimeException e) {
      // The ledger's queue says that the database is away; the next try may be luckier.
      LOG.log(Level.DEBUG, "the lease was not renewed", e);
    }
  }

  /** Something written in the ledger's queue, as a hold would be. */
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

  /** Whether this node has been renewing its lease for a whole term, and still is. */
  private synchronized boolean heldForATerm() {
    long now = System.nanoTime();
    return valid
        && now - renewedAtNanos < MAX_GAP * interval()
        && now - heldSinceNanos > term.toNanos();
  }

  /**
   * Makes the holds of nodes that are gone this node's.
   *
   * @return how many there were
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
        // A little later than the other one itself thinks it has to stop.
        others += " WHERE lease_until + " + term.toMillis() / MAX_GAP + " >= " + clock;
      }
      orphans += " AND owner NOT IN (" + others + ")";
    }
    String which = orphans;
    // Mostly there are none, and to look takes no lock.
    boolean found =
        database.read(
            sql ->
                sql.query(
                        "SELECT 1 FROM hold WHERE state IN ('open', 'pending')"
                            + which
                            + " LIMIT 1")
                    .text(node)
                    .exists());
    if (!found) {
      return Orphans.NONE;
    }
    return database.write(
        sql -> {
          // In this order: what was open is pending afterwards, and no other node's.
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
   * Cuts leases that the database's clock has granted when it was ahead: the holds of a node that
   * is gone would be left alone for as long. A node that is alive renews its lease in time.
   *
   * @return how many there were
   */
  int cutLeases() {
    String clock = database.dialect().nowMillis();
    long longest = term.multipliedBy(MAX_TERMS).plus(Ledger.CLOCK_SKEW).toMillis();
    String tooLong = " WHERE lease_until > " + clock + " + " + longest;
    boolean found =
        database.read(sql -> sql.query("SELECT 1 FROM node" + tooLong + " LIMIT 1").exists());
    if (!found) {
      return 0;
    }
    return database.write(
        sql ->
            sql.query("UPDATE node SET lease_until = " + clock + " + " + term.toMillis() + tooLong)
                .update());
  }

  /** Removes idempotency keys that do not count any more, and nodes that are long gone. */
  private void tidy(Instant now) {
    synchronized (this) {
      if (System.nanoTime() - tidiedAtNanos < TIDY_EVERY.toNanos()) {
        return;
      }
      tidiedAtNanos = System.nanoTime();
    }
    database.write(
        sql -> {
          sql.query("DELETE FROM idempotency WHERE created_at < ?")
              .time(now.minus(Ledger.IDEMPOTENCY_WINDOW.multipliedBy(2)))
              .update();
          return sql.query(
                  "DELETE FROM node WHERE lease_until < " + sql.dialect().nowMillis() + " - ?")
              .number(FORGOTTEN_AFTER.toMillis())
              .update();
        });
  }

  /** Lets no more holds be placed. */
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
   * Says that this node is gone: what it left unsettled is anybody's. To be called when nothing
   * more is written for it.
   */
  void sayGoodBye() {
    if (scheduler == null) {
      return;
    }
    try {
      database.write(sql -> sql.query("DELETE FROM node WHERE id = ?").text(node).update());
    } catch (RuntimeException e) {
      LOG.log(Level.DEBUG, "the lease runs out by itself", e);
    }
  }
}
