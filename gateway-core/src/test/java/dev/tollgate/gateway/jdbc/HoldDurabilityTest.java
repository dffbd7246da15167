package dev.tollgate.gateway.jdbc;

import static dev.tollgate.gateway.jdbc.JdbcBooks.capture;
import static dev.tollgate.gateway.jdbc.JdbcBooks.hold;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tollgate.gateway.account.StoreUnavailableException;
import dev.tollgate.gateway.ledger.Credit;
import dev.tollgate.gateway.ledger.Entry;
import dev.tollgate.gateway.ledger.HoldOutcome;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Settled;
import dev.tollgate.gateway.testkit.LogCapture;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a SQLite ledger promises when the disk does not, and when the power fails. */
@Timeout(60)
class HoldDurabilityTest {
  private static final Instant NOW = JdbcBooks.NOW;
  private static final Duration LEASE = Duration.ofSeconds(60);

  @TempDir Path directory;

  private static JdbcBooks open(DatabaseOptions options, HoldDurability durability) {
    return new JdbcBooks(
        options, JdbcStores.openForServer(options, JdbcBooks.MASTER_KEY, LEASE, durability));
  }

  private DatabaseOptions database() {
    return new DatabaseOptions(directory.resolve("tollgate.db"));
  }

  private static String project(JdbcBooks books) {
    String project = books.newProject();
    books.ledger().credit(new Credit("c", project, Money.parse("500"), "", NOW));
    return project;
  }

  /** Takes the log away from the disk's side: whoever forces it fails, and SQLite writes on. */
  private void breakTheDisk() throws IOException {
    Files.move(directory.resolve("tollgate.db-wal"), directory.resolve("gone"));
  }

  @Test
  void aHoldDoesNotWaitForTheDisk() throws Exception {
    try (JdbcBooks books = open(database(), HoldDurability.PROCESS)) {
      String project = project(books);
      breakTheDisk();

      assertThat(hold(books.ledger(), project, "h").get(10, TimeUnit.SECONDS))
          .isInstanceOf(HoldOutcome.Held.class);
    }
  }

  /** A refusal tells of what has used up the balance. */
  @Test
  void aRefusedHoldWaitsForTheDisk() throws Exception {
    try (JdbcBooks books = open(database(), HoldDurability.PROCESS)) {
      String project = books.newProject();
      breakTheDisk();

      assertThatThrownBy(() -> hold(books.ledger(), project, "h").get(10, TimeUnit.SECONDS))
          .hasCauseInstanceOf(StoreUnavailableException.class);
    }
  }

  @Test
  void aChargeThatTheDiskDoesNotTakeIsNotTold() throws Exception {
    try (LogCapture log = new LogCapture();
        JdbcBooks books = open(database(), HoldDurability.PROCESS)) {
      String project = project(books);
      hold(books.ledger(), project, "h").get(10, TimeUnit.SECONDS);
      breakTheDisk();

      CompletableFuture<Settled> charged = capture(books.ledger(), "h", "0.01");

      await().until(() -> books.stores.threads().dead().isPresent());
      log.awaitLine("tollgate-ledger-log has died");
      assertThatThrownBy(() -> charged.get(10, TimeUnit.SECONDS))
          .hasCauseInstanceOf(StoreUnavailableException.class);
    }
  }

  @Test
  void afterAFailedForceNothingIsHeldAndNoBalanceIsTold() throws Exception {
    try (JdbcBooks books = open(database(), HoldDurability.PROCESS)) {
      String project = project(books);
      hold(books.ledger(), project, "h").get(10, TimeUnit.SECONDS);
      breakTheDisk();
      var unused = capture(books.ledger(), "h", "0.01");
      await().until(() -> books.stores.threads().dead().isPresent());

      assertThatThrownBy(() -> hold(books.ledger(), project, "h2").get(10, TimeUnit.SECONDS))
          .hasCauseInstanceOf(StoreUnavailableException.class);
      assertThatThrownBy(() -> books.ledger().balance(project))
          .isInstanceOf(StoreUnavailableException.class);
      assertThatThrownBy(
              () -> books.ledger().credit(new Credit("c2", project, Money.parse("5"), "", NOW)))
          .isInstanceOf(StoreUnavailableException.class);
    }
  }

  @Test
  void afterAFailedForceTheMarkOfTheMachineStays() throws Exception {
    DatabaseOptions options = database();
    try (JdbcBooks books = open(options, HoldDurability.PROCESS)) {
      String project = project(books);
      hold(books.ledger(), project, "h").get(10, TimeUnit.SECONDS);
      breakTheDisk();
      var unused = capture(books.ledger(), "h", "0.01");
      await().until(() -> books.stores.threads().dead().isPresent());
    }
    Files.move(directory.resolve("gone"), directory.resolve("tollgate.db-wal"));

    try (Sql afterwards = new Sql(options)) {
      assertThat(afterwards.number("SELECT count(*) FROM setting WHERE name = 'server_boot_id'"))
          .isOne();
    }
  }

  @Test
  void aLogThatAnotherFileReplacedIsNotForced() throws Exception {
    Path file = Files.writeString(directory.resolve("log"), "one");
    try (LogFile log = new LogFile(file)) {
      log.force();
      Files.move(file, directory.resolve("moved"));
      Files.writeString(file, "other");

      assertThatThrownBy(log::force)
          .isInstanceOf(IOException.class)
          .hasMessageEndingWith("log was replaced while it was in use");
    }
  }

  @Test
  void aPoweredHoldWaitsForTheDiskInItsCommit() throws Exception {
    try (JdbcBooks books = open(database(), HoldDurability.POWER)) {
      String project = project(books);

      assertThat(
              hold(books.ledger(), project, "h")
                  .thenCompose(held -> capture(books.ledger(), "h", "0.01"))
                  .get())
          .isEqualTo(Settled.DONE);
      assertThat(books.stores.forcedLogBytes()).isEmpty();
    }
  }

  /**
   * The disk keeps nothing of the log but what was forced. Each charge that was told of is there
   * all the same, and the sums agree.
   */
  @Test
  void noChargeThatWasToldIsLostWhenThePowerFails() throws Exception {
    DatabaseOptions options = database();
    Queue<String> told = new ConcurrentLinkedQueue<>();
    List<CompletableFuture<?>> requests = new ArrayList<>();
    Semaphore room = new Semaphore(50);
    try (JdbcBooks books = open(options, HoldDurability.PROCESS)) {
      String project = project(books);
      for (int i = 0; i < 300; i++) {
        String id = "h" + i;
        room.acquire();
        requests.add(
            hold(books.ledger(), project, id)
                .thenCompose(held -> capture(books.ledger(), id, "0.01"))
                .thenAccept(settled -> told.add(id))
                .whenComplete((done, failure) -> room.release()));
        if (i % 25 == 24) {
          assertThatAllAreThereAfterAPowerFailure(books, project, told, "failed-" + i);
        }
      }
      CompletableFuture.allOf(requests.toArray(CompletableFuture[]::new)).join();
      assertThat(told).hasSize(300);
      assertThatAllAreThereAfterAPowerFailure(books, project, told, "failed-last");
    }
  }

  private void assertThatAllAreThereAfterAPowerFailure(
      JdbcBooks books, String project, Queue<String> told, String name) throws Exception {
    List<String> before = List.copyOf(told);
    Path copy = Files.createDirectory(directory.resolve(name)).resolve("tollgate.db");
    copyOpenFile(directory.resolve("tollgate.db"), copy);
    long forced = books.stores.forcedLogBytes().orElseThrow();
    try (FileChannel log = FileChannel.open(directory.resolve("tollgate.db-wal"));
        OutputStream kept = Files.newOutputStream(copy.resolveSibling("tollgate.db-wal"))) {
      byte[] bytes = new byte[Math.toIntExact(forced)];
      assertThat(log.read(ByteBuffer.wrap(bytes), 0)).isEqualTo(bytes.length);
      kept.write(bytes);
    }
    DatabaseOptions options = new DatabaseOptions(copy);
    try (Sql afterwards = new Sql(options)) {
      assertThat(afterwards.entries(project).stream().map(Entry::id)).containsAll(before);
    }
    try (JdbcStores stores = JdbcStores.open(options, JdbcBooks.MASTER_KEY)) {
      assertThat(stores.reports().violations(NOW, LEASE)).isEmpty();
    }
  }

  /** In another process: this one would lose SQLite's locks when it closed the file. */
  private static void copyOpenFile(Path file, Path copy) throws Exception {
    assertThat(new ProcessBuilder("cp", file.toString(), copy.toString()).start().waitFor())
        .isZero();
  }

  @Test
  void theNextStartNamesWhatAMachineThatStoppedMayHaveLost() throws Exception {
    DatabaseOptions options = database();
    try (JdbcBooks ignored = open(options, HoldDurability.PROCESS)) {
      Files.createDirectory(directory.resolve("stopped"));
      for (String suffix : List.of("", "-wal")) {
        copyOpenFile(
            directory.resolve("tollgate.db" + suffix),
            directory.resolve("stopped/tollgate.db" + suffix));
      }
    }
    DatabaseOptions stopped = new DatabaseOptions(directory.resolve("stopped/tollgate.db"));
    try (Sql other = new Sql(stopped)) {
      other.execute(
          "UPDATE setting SET value = 'another-boot 60000' WHERE name = 'server_boot_id'");
      other.execute("UPDATE node SET lease_until = " + NOW.plus(LEASE).toEpochMilli());
    }
    try (LogCapture log = new LogCapture();
        JdbcBooks ignored = open(stopped, HoldDurability.PROCESS)) {
      log.awaitLine(
          "WARNING",
          "stopped without warning",
          "requests sent upstream after 2026-01-01T00:00:00Z");
    }
  }

  @Test
  void afterACleanStopNothingIsSaidOfTheMachine() throws Exception {
    DatabaseOptions options = database();
    open(options, HoldDurability.PROCESS).close();
    try (LogCapture log = new LogCapture();
        JdbcBooks books = open(options, HoldDurability.PROCESS)) {
      project(books);

      assertThat(log.lines()).noneMatch(line -> line.contains("stopped without warning"));
    }
  }

  @Test
  void onPostgresNoHoldSkipsTheDisk() {
    assertThatThrownBy(
            () ->
                JdbcStores.openForServer(
                    new DatabaseOptions("jdbc:postgresql:tollgate", null, null),
                    JdbcBooks.MASTER_KEY,
                    LEASE,
                    HoldDurability.PROCESS))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
