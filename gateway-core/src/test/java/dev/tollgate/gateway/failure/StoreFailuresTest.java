package dev.tollgate.gateway.failure;

import static dev.tollgate.gateway.failure.Answer.RETRY_AFTER;
import static dev.tollgate.gateway.failure.Answer.refusal;
import static dev.tollgate.gateway.failure.Format.DONE;
import static dev.tollgate.gateway.failure.Format.EVENT;
import static dev.tollgate.gateway.failure.Format.JSON;
import static dev.tollgate.gateway.failure.Format.LAST_EVENT;
import static dev.tollgate.gateway.failure.Format.STREAM;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tollgate.gateway.testkit.ScriptedUpstream.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The store fails: another program locks the database, or the database refuses a charge. */
@Row("The store")
class StoreFailuresTest extends FailureTest {
  private static final Duration MOMENT = Duration.ofMillis(500);

  /** How long the end of an answer waits for the charge. */
  private static final Duration END_DELAY = Duration.ofSeconds(5);

  /** Another program's lock on the database. */
  private static final class Lock implements AutoCloseable {
    private final java.sql.Connection other;
    private final Statement statement;

    Lock(GatewayUnderTest gateway) throws SQLException {
      other = gateway.connect();
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

  private void assertCompleteAndCharged(Call call) throws Exception {
    assertThat(call.readAnswer()).isEqualTo(Answer.complete(200, call.format().body()));
    assertLogged(call, "outcome=complete");
    assertCharged(call, COST);
  }

  @ParameterizedTest
  @EnumSource
  @Row("in the request: is locked for a moment when the hold is placed")
  void isLockedForAMoment(Format format) throws Exception {
    Call call = connect(format);
    try (Lock lock = new Lock(gateway)) {
      call.sendRequest(format.request());
      assertThat(gateway.isCalledWithin(MOMENT.toMillis())).isFalse();
    }
    Connection connection = gateway.accept();
    format.answer(connection);

    assertCompleteAndCharged(call);
    assertKept(connection);
  }

  @ParameterizedTest
  @EnumSource
  @Row("in the request: is locked for more than 2 s when the hold is placed")
  void isLockedForTooLong(Format format) throws Exception {
    Call call = connect(format);
    try (Lock lock = new Lock(gateway)) {
      call.sendRequest(format.request());
      assertThat(call.readAnswer())
          .isEqualTo(refusal(503, "Service temporarily unavailable", RETRY_AFTER));
    }

    assertLogged(call, "outcome=refused code=unavailable");
    assertReleasedLate(call);
    assertNotCalled();
  }

  @Test
  @Row("in the body: is locked for a moment, and a stream ends")
  void isLockedForAMomentInTheBody() throws Exception {
    Call call = ask(STREAM);
    Connection connection = gateway.accept();
    connection.write(STREAM.head()).chunk(EVENT);
    call.readThrough(EVENT);

    try (Lock lock = new Lock(gateway)) {
      connection.chunk(LAST_EVENT).chunk(DONE).lastChunk();
      call.readThrough(DONE);
      await().during(MOMENT).until(() -> !call.hasUnread());
    }

    assertCompleteAndCharged(call);
    assertKept(connection);
  }

  @Test
  @Row("in the body: is locked while the upstream breaks off a stream")
  void isLockedWhileTheUpstreamBreaksOff() throws Exception {
    Call call = ask(STREAM);
    Connection connection = gateway.accept();
    connection.write(STREAM.head()).chunk(EVENT);
    call.readThrough(EVENT);

    try (Lock lock = new Lock(gateway)) {
      connection.reset();
      assertThat(call.readAnswer()).isEqualTo(Answer.cutShort(200, EVENT));
    }

    assertLogged(call, "outcome=upstream_failed", BROKE_OFF);
    assertPending(call, WHOLE_HOLD);
    assertClosed(connection);
  }

  /** The answer is not held back, but its end is, for as long as the gateway hopes for a charge. */
  @Test
  @Row("at the end: is locked for more than 5 s when all of the answer has come")
  void isLockedAtTheEnd() throws Exception {
    Call json = ask(JSON);
    Connection toJson = gateway.accept();
    Call stream = ask(STREAM);
    Connection toStream = gateway.accept();
    Call lateStream = ask(STREAM);
    Connection toLateStream = gateway.accept();
    toLateStream.write(STREAM.head()).chunk(STREAM.body());
    lateStream.readThrough(DONE);

    try (Lock lock = new Lock(gateway)) {
      long start = System.nanoTime();
      JSON.answer(toJson);
      STREAM.answer(toStream);
      toLateStream.lastChunk();

      stream.readThrough(DONE);
      assertThat(System.nanoTime() - start).isLessThan(END_DELAY.toNanos() / 2);

      for (Call call : List.of(json, stream, lateStream)) {
        assertThat(call.readAnswer()).isEqualTo(Answer.complete(200, call.format().body()));
        assertThat(Duration.ofNanos(System.nanoTime() - start))
            .isBetween(END_DELAY.minusMillis(100), END_DELAY.plusSeconds(3));
      }
    }

    for (Call call : List.of(json, stream, lateStream)) {
      assertLogged(call, "outcome=complete");
      assertChargedInTheEnd(call, COST);
    }
    assertKept(toJson, toStream, toLateStream);
  }

  @ParameterizedTest
  @EnumSource
  @Row("at the end: refuses the charge once")
  void refusesAChargeOnce(Format format) throws Exception {
    Call call = ask(format);
    Connection connection = gateway.accept();

    try (java.sql.Connection other = gateway.connect();
        Statement statement = other.createStatement()) {
      statement.execute(
          "CREATE TRIGGER t BEFORE INSERT ON ledger_entry BEGIN SELECT RAISE(ABORT, 'no'); END");
      format.answer(connection);
      log.awaitLine(": cannot settle the hold yet, retrying");
      statement.execute("DROP TRIGGER t");
    }

    assertThat(call.readAnswer()).isEqualTo(Answer.complete(200, format.body()));
    assertLogged(call, "outcome=complete", "ERROR: cannot settle the hold yet, retrying");
    assertCharged(call, COST);
    assertKept(connection);
  }
}
