package dev.tollgate.gateway.failure;

import static dev.tollgate.gateway.failure.Asked.BOTH;
import static dev.tollgate.gateway.failure.Asked.DONE;
import static dev.tollgate.gateway.failure.Asked.EVENT;
import static dev.tollgate.gateway.failure.Asked.JSON;
import static dev.tollgate.gateway.failure.Asked.LAST_EVENT;
import static dev.tollgate.gateway.failure.Asked.SSE;
import static dev.tollgate.gateway.failure.Moment.AT_THE_END;
import static dev.tollgate.gateway.failure.Moment.BEFORE_THE_HEADERS;
import static dev.tollgate.gateway.failure.Moment.IN_THE_BODY;
import static dev.tollgate.gateway.failure.Moment.IN_THE_REQUEST;
import static dev.tollgate.gateway.failure.Plot.both;
import static dev.tollgate.gateway.failure.UpstreamSees.HAS_LEFT;
import static dev.tollgate.gateway.failure.UpstreamSees.NEVER_CALLED;
import static dev.tollgate.gateway.failure.UpstreamSees.READ;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.testkit.ScriptedUpstream.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The store fails: another program holds the database's lock, or the database refuses a charge. */
final class StoreFailures {
  private static final Duration SHORTLY = Duration.ofMillis(500);
  private static final Duration END_DELAY = Duration.ofSeconds(5);

  private StoreFailures() {}

  /** Another program's hand on the database. */
  private static final class Lock implements AutoCloseable {
    private final java.sql.Connection other;
    private final Statement statement;

    Lock(Stage stage) throws SQLException {
      other = stage.house().connect();
      statement = other.createStatement();
      statement.execute("BEGIN IMMEDIATE");
    }

    @Override
    public void close() throws SQLException {
      statement.execute("ROLLBACK");
      statement.close();
      other.close();
    }
  }

  private static Cell cell(Moment moment, String how, List<Asked> asked, Plot plot, Seen expected) {
    return new Cell(Party.STORE, moment, how, asked, plot.alone(), expected);
  }

  private static final Seen COMPLETE =
      new Seen(ClientSees.ALL, READ, BooksSay.CHARGED, Logged.COMPLETE);

  static List<Cell> all() {
    return List.of(
        cell(
            IN_THE_REQUEST,
            "is locked for half a second when the hold is placed",
            BOTH,
            Plot.client(
                stage -> {
                  try (Lock lock = new Lock(stage)) {
                    stage.ask();
                    // That long is what fails.
                    TimeUnit.MILLISECONDS.sleep(SHORTLY.toMillis());
                  }
                  return stage.read();
                }),
            COMPLETE),
        cell(
            IN_THE_REQUEST,
            "is locked for more than 2 s when the hold is placed",
            BOTH,
            Plot.client(
                stage -> {
                  try (Lock lock = new Lock(stage)) {
                    return stage.askAndRead();
                  }
                }),
            new Seen(
                ClientSees.UNAVAILABLE,
                NEVER_CALLED,
                BooksSay.RELEASED,
                Logged.refused("unavailable"))),
        cell(
            BEFORE_THE_HEADERS,
            "is locked, and stays so for more than 5 s after all has come",
            BOTH,
            both(
                StoreFailures::answerWhenCued,
                stage -> {
                  stage.ask();
                  stage.awaitCalled();
                  return readLocked(stage);
                }),
            COMPLETE),
        cell(
            IN_THE_BODY,
            "is locked for half a second",
            List.of(SSE),
            both(
                StoreFailures::answerRestWhenCued,
                stage -> {
                  stage.ask();
                  stage.readThrough(EVENT);
                  try (Lock lock = new Lock(stage)) {
                    stage.cue();
                    TimeUnit.MILLISECONDS.sleep(SHORTLY.toMillis());
                  }
                  return stage.readRest();
                }),
            COMPLETE),
        cell(
            IN_THE_BODY,
            "is locked while the upstream breaks off",
            List.of(SSE),
            both(
                (stage, connection) -> {
                  connection.write(SSE.head()).chunk(EVENT);
                  stage.awaitCue();
                  connection.reset();
                },
                stage -> {
                  stage.ask();
                  stage.readThrough(EVENT);
                  try (Lock lock = new Lock(stage)) {
                    stage.cue();
                    return stage.readRest();
                  }
                }),
            new Seen(
                ClientSees.broken(200, EVENT),
                HAS_LEFT,
                BooksSay.PENDING,
                Logged.outcome("upstream_failed", "WARNING: the upstream broke off"))),
        cell(
            AT_THE_END,
            "is locked, and stays so for more than 5 s after all has come",
            List.of(SSE),
            both(
                (stage, connection) -> {
                  connection.write(SSE.head()).chunk(EVENT).chunk(LAST_EVENT).chunk(DONE);
                  stage.awaitCue();
                  connection.lastChunk();
                },
                stage -> {
                  stage.ask();
                  stage.readThrough(DONE);
                  return readLocked(stage);
                }),
            COMPLETE),
        cell(
            AT_THE_END,
            "refuses the charge once",
            BOTH,
            Plot.client(StoreFailures::readWithARefusedCharge),
            new Seen(
                ClientSees.ALL,
                READ,
                BooksSay.CHARGED,
                Logged.outcome("complete", "ERROR: cannot settle the hold yet, retrying"))));
  }

  private static void answerWhenCued(Stage stage, Connection connection) throws Exception {
    stage.awaitCue();
    stage.asked().answerWell(connection);
  }

  private static void answerRestWhenCued(Stage stage, Connection connection) throws Exception {
    connection.write(SSE.head()).chunk(EVENT);
    stage.awaitCue();
    connection.chunk(LAST_EVENT).chunk(DONE).lastChunk();
  }

  /** Reads on while the database is locked: all comes at once, but the end. */
  private static ClientSees readLocked(Stage stage) throws Exception {
    try (Lock lock = new Lock(stage)) {
      long start = System.nanoTime();
      stage.cue();
      if (!stage.hasHead()) {
        stage.readHead();
      }
      ClientSees seen = stage.asked() == JSON ? stage.readRest() : readStream(stage);
      assertThat(Duration.ofNanos(System.nanoTime() - start))
          .isBetween(END_DELAY.minusMillis(100), END_DELAY.plusSeconds(3));
      return seen;
    }
  }

  private static ClientSees readStream(Stage stage) throws Exception {
    long start = System.nanoTime();
    stage.readOnThrough(DONE);
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(END_DELAY.dividedBy(2));
    return stage.readRest();
  }

  private static ClientSees readWithARefusedCharge(Stage stage) throws Exception {
    try (java.sql.Connection other = stage.house().connect();
        Statement statement = other.createStatement()) {
      statement.execute(
          "CREATE TRIGGER t BEFORE INSERT ON ledger_entry BEGIN SELECT RAISE(ABORT, 'no'); END");
      stage.ask();
      stage.awaitLogged("not settled yet");
      statement.execute("DROP TRIGGER t");
    }
    return stage.read();
  }
}
