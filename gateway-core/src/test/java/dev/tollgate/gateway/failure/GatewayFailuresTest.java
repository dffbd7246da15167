package dev.tollgate.gateway.failure;

import static dev.tollgate.gateway.failure.Answer.DO_NOT_RETRY;
import static dev.tollgate.gateway.failure.Answer.RETRY_AFTER;
import static dev.tollgate.gateway.failure.Answer.refusal;
import static dev.tollgate.gateway.failure.Format.DONE;
import static dev.tollgate.gateway.failure.Format.EVENT;
import static dev.tollgate.gateway.failure.Format.LAST_EVENT;
import static dev.tollgate.gateway.failure.Format.STREAM;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.testkit.ScriptedUpstream.Connection;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The gateway itself is drained, closed, aborted or full. */
@Row("The gateway itself")
class GatewayFailuresTest extends FailureTest {
  private static final String UNAVAILABLE = "outcome=refused code=unavailable";
  private static final String ABORTED = "outcome=aborted";
  private static final String TEXT = "Service temporarily unavailable";

  /** How open requests are broken off. */
  private enum Stop {
    CLOSE(GatewayUnderTest::stop),
    ABORT(GatewayUnderTest::abort);

    private final Consumer<GatewayUnderTest> step;

    Stop(Consumer<GatewayUnderTest> step) {
      this.step = step;
    }
  }

  static Stream<Arguments> stops() {
    return formatsAnd((Object[]) Stop.values());
  }

  private void assertRefused(Call call) throws Exception {
    assertThat(call.readAnswer()).isEqualTo(refusal(503, TEXT, RETRY_AFTER));
    assertLogged(call, UNAVAILABLE);
    assertNothingHeld(call);
    assertNotCalled();
  }

  @ParameterizedTest
  @EnumSource
  @Row("in the request: is draining, or has tollgate.limits.exchanges open")
  void hasDrained(Format format) throws Exception {
    gateway.drain();

    Call call = ask(format);

    assertRefused(call);
  }

  @ParameterizedTest
  @EnumSource
  @Row("in the request: is draining, or has tollgate.limits.exchanges open")
  void isFull(Format format) throws Exception {
    useGateway("tollgate.limits.exchanges", "1");
    Call other = connect(format).sendHeadAndAwaitContinue();

    Call call = ask(format);

    assertRefused(call);
    other.send(format.request());
    format.answer(gateway.accept());
    assertThat(other.readAnswer()).isEqualTo(Answer.complete(200, format.body()));
  }

  @ParameterizedTest
  @MethodSource("stops")
  @Row("in the request: is closed, or aborts, in the body")
  void stopsWhileTheRequestComes(Format format, Stop stop) throws Exception {
    Call call = connect(format).sendHeadAndAwaitContinue();

    stop.step.accept(gateway);

    assertThat(call.readAnswer()).isEqualTo(Answer.NONE);
    assertLogged(call, ABORTED);
    assertNothingHeld(call);
    assertNotCalled();
  }

  @ParameterizedTest
  @EnumSource
  @Row("before the headers: drains")
  void drains(Format format) throws Exception {
    Call call = ask(format);
    Connection connection = gateway.accept();

    gateway.drain();
    format.answer(connection);

    assertCompleteAndCharged(call);
    assertReadToItsEnd(connection);
  }

  @Test
  @Row("in the body: drains, and a stream goes on")
  void drainsInTheBody() throws Exception {
    Call call = ask(STREAM);
    Connection connection = gateway.accept();
    connection.write(STREAM.head()).chunk(EVENT);
    call.readThrough(EVENT);

    gateway.drain();
    connection.chunk(LAST_EVENT).chunk(DONE).lastChunk();

    assertCompleteAndCharged(call);
    assertReadToItsEnd(connection);
  }

  private void assertCompleteAndCharged(Call call) throws Exception {
    assertThat(call.readAnswer()).isEqualTo(Answer.complete(200, call.format().body()));
    assertLogged(call, "outcome=complete");
    assertCharged(call, COST);
  }

  /** The upstream may bill it, so the client must not send it again by itself. */
  @ParameterizedTest
  @EnumSource
  @Row("before the headers: is closed")
  void isClosedBeforeTheHeaders(Format format) throws Exception {
    Call call = ask(format);
    Connection connection = gateway.accept();

    gateway.stop();

    assertThat(call.readAnswer()).isEqualTo(refusal(503, TEXT, RETRY_AFTER, DO_NOT_RETRY));
    assertLogged(call, UNAVAILABLE);
    assertCharged(call, "0.00", "unresolved");
    assertClosed(connection);
  }

  @ParameterizedTest
  @EnumSource
  @Row("before the headers: aborts")
  void abortsBeforeTheHeaders(Format format) throws Exception {
    Call call = ask(format);
    Connection connection = gateway.accept();

    gateway.abort();

    assertThat(call.readAnswer()).isEqualTo(Answer.NONE);
    assertLogged(call, ABORTED);
    assertCharged(call, PROMPT, "unresolved");
    assertClosed(connection);
  }

  /** Sends the head of an answer and so much of its body, and stops when the client has it. */
  private void assertBrokenOff(Call call, String body, Stop stop) throws Exception {
    Connection connection = gateway.accept();
    connection.write(call.format().chunkedHead());
    if (!body.isEmpty()) {
      connection.chunk(body);
    }
    call.readThrough(body);

    stop.step.accept(gateway);

    assertThat(call.readAnswer()).isEqualTo(Answer.cutShort(200, body));
    assertLogged(call, ABORTED);
    assertClosed(connection);
  }

  @ParameterizedTest
  @MethodSource("stops")
  @Row("in the body: is closed, or aborts")
  void stopsBeforeTheBody(Format format, Stop stop) throws Exception {
    Call call = ask(format);

    assertBrokenOff(call, "", stop);

    assertPending(call, WHOLE_HOLD);
  }

  @ParameterizedTest
  @MethodSource("stops")
  @Row("in the body: is closed, or aborts")
  void stopsInTheBody(Format format, Stop stop) throws Exception {
    Call call = ask(format);

    assertBrokenOff(call, format.half(), stop);

    assertPending(call, WHOLE_HOLD);
  }

  @ParameterizedTest
  @EnumSource
  @Row("at the end: is closed, or aborts, before the last chunk of a stream")
  void stopsBehindTheLastEvent(Stop stop) throws Exception {
    Call call = ask(STREAM);

    assertBrokenOff(call, STREAM.body(), stop);

    assertCharged(call, COST);
  }

  @ParameterizedTest
  @EnumSource
  @Row("after the end: is closed")
  void isClosedAfterTheEnd(Format format) throws Exception {
    Call call = ask(format);
    Connection connection = gateway.accept();
    format.answer(connection);
    assertThat(call.readAnswer()).isEqualTo(Answer.complete(200, format.body()));

    gateway.stop();

    assertLogged(call, "outcome=complete");
    assertCharged(call, COST);
    assertClosed(connection);
  }
}
