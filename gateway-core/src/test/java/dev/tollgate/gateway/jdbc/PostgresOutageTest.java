package dev.tollgate.gateway.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tollgate.gateway.account.StoreUnavailableException;
import dev.tollgate.gateway.testkit.Postgres;
import java.sql.SQLException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A database server that stops, or stands still. */
class PostgresOutageTest {
  private Postgres server;
  private Database database;

  @BeforeEach
  void start() {
    server = Postgres.start();
    database = Database.open(server.createDatabase(), Migrator.ofThisBuild());
  }

  @AfterEach
  void close() {
    database.close();
    server.close();
  }

  private boolean raise() {
    return database.write(
        sql -> sql.query("UPDATE change_counter SET value = value + 1").update() == 1);
  }

  private void assertUnavailableWithin(Duration limit) {
    long start = System.nanoTime();
    assertThatThrownBy(this::raise)
        .isInstanceOf(StoreUnavailableException.class)
        .hasMessageNotContaining("\n")
        .cause()
        .isInstanceOfSatisfying(
            SQLException.class, e -> assertThat(database.dialect().refuses(e)).isFalse());
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(limit);
  }

  private void assertUsableSoon() {
    await()
        .atMost(Duration.ofSeconds(20))
        .ignoreException(StoreUnavailableException.class)
        .until(this::raise);
  }

  @Test
  void aServerThatStoppedIsToldWithinSecondsAndUsedAgainWhenItIsBack() throws Exception {
    raise();
    server.stop();

    assertUnavailableWithin(Duration.ofSeconds(8));
    assertUnavailableWithin(Duration.ofSeconds(8));

    server.restart();
    assertUsableSoon();
  }

  @Test
  void aServerThatStandsStillIsToldWithinSecondsAndUsedAgainWhenItGoesOn() throws Exception {
    raise();
    server.pause();

    // First in the middle of a connection's work, then when one is tested, or made.
    assertUnavailableWithin(Duration.ofSeconds(12));
    assertUnavailableWithin(Duration.ofSeconds(12));

    server.resume();
    assertUsableSoon();
  }
}
