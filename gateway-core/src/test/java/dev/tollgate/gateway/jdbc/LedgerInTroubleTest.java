package dev.tollgate.gateway.jdbc;

import static dev.tollgate.gateway.jdbc.JdbcBooks.capture;
import static dev.tollgate.gateway.jdbc.JdbcBooks.hold;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tollgate.gateway.ledger.Credit;
import dev.tollgate.gateway.ledger.Hold;
import dev.tollgate.gateway.ledger.HoldOutcome;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Orphans;
import dev.tollgate.gateway.ledger.Settled;
import dev.tollgate.gateway.testkit.Postgres;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Locked rows, unreadable rows, leases that nobody can renew. */
@Timeout(60)
class LedgerInTroubleTest {
  private static final Instant NOW = JdbcBooks.NOW;

  /** The database's own, by which leases run out. */
  private static final String CLOCK =
      "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint";

  @TempDir Path directory;

  private static String project(JdbcBooks books) {
    String project = books.newProject();
    books.ledger().credit(new Credit("c", project, Money.parse("5"), "", NOW));
    return project;
  }

  /** Waits until the ledger has taken what was submitted, to write it: another one holds it up. */
  private static void awaitWriting(JdbcBooks books) {
    await().until(() -> books.stores.waitingChanges() == 0);
  }

  /** Waits until a node may judge the others: it takes a hold whose node has long been dead. */
  private static void awaitJudging(JdbcBooks judge, JdbcBooks one, String project)
      throws Exception {
    hold(one.ledger(), project, "orphan").get(5, TimeUnit.SECONDS);
    one.execute("INSERT INTO node (id, lease_until) VALUES ('dead', 0)");
    one.execute("UPDATE hold SET owner = 'dead' WHERE id = 'orphan'");
    await().until(() -> judge.ledger().adoptOrphans(NOW).open() == 1);
    capture(judge.ledger(), "orphan", "0").get(5, TimeUnit.SECONDS);
    one.execute("DELETE FROM node WHERE id = 'dead'");
  }

  /** One project's row is locked by somebody else, for as long as he likes. */
  @Test
  void aProjectWhoseRowIsLockedDoesNotStopTheOthers() throws Exception {
    DatabaseOptions options = Postgres.newDatabase();
    try (JdbcBooks books = new JdbcBooks(options);
        Sql other = new Sql(options)) {
      String locked = project(books);
      String free = project(books);
      hold(books.ledger(), locked, "h1").get(5, TimeUnit.SECONDS);
      hold(books.ledger(), free, "h2").get(5, TimeUnit.SECONDS);
      other.execute("BEGIN");
      other.execute("SELECT 1 FROM project WHERE id = '" + locked + "' FOR UPDATE");
      try {
        var unused = capture(books.ledger(), "h1", "0.01");
        await().until(() -> books.number("SELECT count(*) FROM pg_locks WHERE NOT granted") > 0);
        CompletableFuture<HoldOutcome> held = hold(books.ledger(), free, "h3");
        CompletableFuture<Settled> charged = capture(books.ledger(), "h2", "0.01");

        assertThat(held.get(12, TimeUnit.SECONDS)).isInstanceOf(HoldOutcome.Held.class);
        assertThat(charged.get(10, TimeUnit.SECONDS)).isEqualTo(Settled.DONE);
      } finally {
        other.execute("ROLLBACK");
      }
    }
  }

  /** A change that throws what nobody expects, in one batch with a sound one. */
  @Test
  void aChangeThatCannotBeReadDoesNotTakeItsBatchWithIt() throws Exception {
    DatabaseOptions options = new DatabaseOptions(directory.resolve("tollgate.db"));
    try (JdbcBooks books = new JdbcBooks(options)) {
      String one = project(books);
      String two = project(books);
      hold(books.ledger(), one, "h1").get(5, TimeUnit.SECONDS);
      hold(books.ledger(), two, "h2").get(5, TimeUnit.SECONDS);
      capture(books.ledger(), "h1", "0.01").get(5, TimeUnit.SECONDS);
      // As a newer node of a rolling upgrade may have written it.
      books.execute("UPDATE ledger_entry SET flags = 'of_the_next_version' WHERE id = 'h1'");
      CompletableFuture<Settled> sound;
      try (Sql other = new Sql(options)) {
        other.execute("BEGIN IMMEDIATE");
        var unused = books.ledger().recordGeneration("h2", "gen-2");
        awaitWriting(books);
        // Both wait for their turn, which is the same one.
        var bad = capture(books.ledger(), "h1", "0.02");
        sound = capture(books.ledger(), "h2", "0.01");
        other.execute("ROLLBACK");
      }

      assertThat(sound.handle((done, failure) -> String.valueOf(failure)).get(10, TimeUnit.SECONDS))
          .isEqualTo("null");
    }
  }

  /** No node can renew its lease; the one that renewed last judges the others. */
  @Test
  void whileNobodyCanRenewALeaseNobodyIsTakenForDead() throws Exception {
    DatabaseOptions options = Postgres.newDatabase();
    Duration lease = Duration.ofSeconds(3);
    try (JdbcBooks one = new JdbcBooks(options, lease)) {
      String project = project(one);
      hold(one.ledger(), project, "h1").get(5, TimeUnit.SECONDS);
      try (JdbcBooks two = new JdbcBooks(options, lease);
          Sql other = new Sql(options)) {
        awaitJudging(two, one, project);
        assertThat(two.ledger().adoptOrphans(NOW)).isEqualTo(Orphans.NONE);
        long apart;
        do {
          two.ledger().probe().toCompletableFuture().get(5, TimeUnit.SECONDS);
          apart = other.number("SELECT max(lease_until) - min(lease_until) FROM node");
        } while (apart < 300);
        int adopted = 0;
        other.execute("BEGIN");
        other.execute("LOCK TABLE node IN EXCLUSIVE MODE");
        try {
          // Until both have been dead for a while, by the database's clock.
          long end = other.number("SELECT max(lease_until) FROM node") + lease.toMillis() / 2;
          while (adopted == 0 && other.number(CLOCK) < end) {
            adopted = two.ledger().adoptOrphans(NOW).open();
          }
        } finally {
          other.execute("ROLLBACK");
        }

        // The first node lives, and renews its lease as soon as anybody can.
        assertThat(adopted).isZero();
      }
    }
  }

  /** As above, for longer than a lease: another node takes what is not its own. */
  @Test
  void aLockedRowDoesNotMakeALivingNodeDead() throws Exception {
    DatabaseOptions options = Postgres.newDatabase();
    Duration lease = Duration.ofSeconds(3);
    try (JdbcBooks one = new JdbcBooks(options, lease);
        JdbcBooks two = new JdbcBooks(options, lease);
        Sql other = new Sql(options)) {
      String locked = project(one);
      String free = project(one);
      hold(one.ledger(), locked, "h1").get(5, TimeUnit.SECONDS);
      hold(one.ledger(), free, "h2").get(5, TimeUnit.SECONDS);
      awaitJudging(two, one, free);
      assertThat(two.ledger().adoptOrphans(NOW)).isEqualTo(Orphans.NONE);
      CompletableFuture<Settled> charged;
      int adopted = 0;
      other.execute("BEGIN");
      other.execute("SELECT 1 FROM project WHERE id = '" + locked + "' FOR UPDATE");
      try {
        var unused = capture(one.ledger(), "h1", "0.01");
        // For longer than any lease that was there before, and than its charge may be set aside.
        long end = other.number("SELECT max(lease_until) FROM node") + lease.toMillis();
        while (adopted == 0 && other.number(CLOCK) < end) {
          adopted = two.ledger().adoptOrphans(NOW).open();
        }
        // What the reconciler does at once with a hold that has no generation id.
        for (Hold hold : two.ledger().due(NOW.plusSeconds(1), 10)) {
          if (hold.id().equals("h2")) {
            capture(two.ledger(), "h2", "0").get(5, TimeUnit.SECONDS);
          }
        }
        charged = capture(one.ledger(), "h2", "0.02");
      } finally {
        other.execute("ROLLBACK");
      }

      assertThat(charged.get(10, TimeUnit.SECONDS) + ", adopted " + adopted)
          .isEqualTo("DONE, adopted 0");
    }
  }

  /** Behind a change that is tried for ever, which every outage under load has. */
  @Test
  void aHoldInTheQueueIsGivenUpAfterAWhile() throws Exception {
    DatabaseOptions options = new DatabaseOptions(directory.resolve("tollgate.db"));
    try (JdbcBooks books = new JdbcBooks(options);
        Sql other = new Sql(options)) {
      String project = project(books);
      hold(books.ledger(), project, "h1").get(5, TimeUnit.SECONDS);
      other.execute("BEGIN IMMEDIATE");
      try {
        var unused = capture(books.ledger(), "h1", "0.01");
        awaitWriting(books);
        CompletableFuture<HoldOutcome> held = hold(books.ledger(), project, "h2");

        // TIME_TO_LIVE, and an attempt of the driver's.
        await().atMost(Duration.ofSeconds(15)).until(held::isCompletedExceptionally);
      } finally {
        other.execute("ROLLBACK");
      }
    }
  }
}
