package dev.tollgate.gateway.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tollgate.gateway.account.StoreUnavailableException;
import dev.tollgate.gateway.testkit.LogCapture;
import dev.tollgate.gateway.threads.OwnThreads;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The thread that writes the ledger, after an unexpected failure. */
@Timeout(30)
class LedgerThreadTest {
  @TempDir Path directory;
  private final OwnThreads threads = new OwnThreads();
  private Database database;
  private CommitQueue commits;

  @BeforeEach
  void open() {
    DatabaseOptions options = DatabaseOptions.parse("jdbc:sqlite:" + directory.resolve("t.db"));
    database = Database.open(options, Migrator.ofThisBuild());
    commits = new CommitQueue(database, "node", threads);
  }

  @AfterEach
  void close() {
    commits.close();
    database.close();
  }

  private CompletableFuture<Integer> submit(Runnable inTransaction) {
    return commits.submit(
        new LedgerChange<>(
            false,
            (sql, openHolds) -> "",
            tx -> {
              inTransaction.run();
              return 1;
            }));
  }

  @Test
  void anErrorEndsItAndEverybodyWhoWaitsIsTold() {
    try (LogCapture log = new LogCapture()) {
      CompletableFuture<Integer> lost =
          submit(
              () -> {
                throw new OutOfMemoryError("injected");
              });
      assertThatThrownBy(lost::join).hasRootCauseInstanceOf(OutOfMemoryError.class);
      await().until(() -> threads.dead().isPresent());
      assertThat(threads.dead()).contains("tollgate-ledger");
      log.awaitLine("the thread tollgate-ledger has died", "injected");
      assertThatThrownBy(submit(() -> {})::join)
          .hasRootCauseInstanceOf(StoreUnavailableException.class);
    }
  }

  @Test
  void anExceptionFailsOneChangeAndTheNextOneIsMade() {
    CompletableFuture<Integer> failed =
        submit(
            () -> {
              throw new ClassCastException("injected");
            });
    assertThatThrownBy(failed::join).hasRootCauseInstanceOf(ClassCastException.class);
    assertThat(submit(() -> {}).join()).isEqualTo(1);
    assertThat(threads.dead()).isEmpty();
  }
}
