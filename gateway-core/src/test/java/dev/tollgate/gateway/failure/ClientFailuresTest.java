package dev.tollgate.gateway.failure;

import static dev.tollgate.gateway.failure.Format.DONE;
import static dev.tollgate.gateway.failure.Format.EVENT;
import static dev.tollgate.gateway.failure.Format.JSON;
import static dev.tollgate.gateway.failure.Format.LAST_EVENT;
import static dev.tollgate.gateway.failure.Format.STREAM;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tollgate.gateway.testkit.ScriptedUpstream.Connection;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The client fails once it has sent its request. */
@Row("The client")
class ClientFailuresTest extends FailureTest {
  private static final int SMALL_BUFFER_BYTES = 64 << 10;

  /** Costs nothing, and fills buffers. */
  private static final String COMMENT = ": " + "x".repeat(16 << 10) + "\n\n";

  private static final int COMMENTS = 40;

  /** How a client leaves, and how much of the answer it has by then. */
  private enum Departure {
    RESET_BEFORE_THE_BODY(false, Call::reset),
    CLOSE_BEFORE_THE_BODY(false, Call::close),
    RESET_IN_THE_BODY(true, Call::reset),
    CLOSE_IN_THE_BODY(true, Call::close);

    private final boolean hasHalf;
    private final Leaving leaving;

    Departure(boolean hasHalf, Leaving leaving) {
      this.hasHalf = hasHalf;
      this.leaving = leaving;
    }

    private interface Leaving {
      void leave(Call call) throws IOException;
    }

    String seen(Format format) {
      return hasHalf ? format.half() : "";
    }
  }

  /** Lets the client have the head of an answer, and half its body or nothing, before it leaves. */
  private static void leave(Departure departure, Call call, Connection connection)
      throws IOException {
    String seen = departure.seen(call.format());
    connection.write(call.format().chunkedHead());
    if (!seen.isEmpty()) {
      connection.chunk(seen);
    }
    call.readThrough(seen);
    departure.leaving.leave(call);
  }

  /**
   * White space, which JSON may have anywhere, until the gateway knows that its client has gone.
   */
  private void padUntilTheClientIsMissed(Connection connection) {
    repeatUntil(
        () -> log.lines().stream().anyMatch(line -> line.contains(": the client is gone")),
        () -> connection.chunk(" "));
  }

  private static void streamUntilClosed(Connection connection) {
    repeatUntil(() -> connection.over().isDone(), () -> connection.chunk(": still here\n\n"));
  }

  private void assertReadOnAndCharged(Call call, Connection connection) throws Exception {
    assertLogged(call, "outcome=client_gone");
    assertCharged(call, COST);
    assertKept(connection);
  }

  private void assertClosedAndPending(Call call, Connection connection) {
    assertLogged(call, "outcome=client_gone");
    assertPending(call, WHOLE_HOLD);
    assertClosed(connection);
  }

  @Test
  @Row("before the headers: resets the connection, having asked for JSON")
  void leavesBeforeAJsonAnswer() throws Exception {
    Call call = ask(JSON);
    Connection connection = gateway.accept();

    call.reset();
    connection.write(JSON.chunkedHead());
    padUntilTheClientIsMissed(connection);
    connection.chunk(JSON.body()).lastChunk();

    assertReadOnAndCharged(call, connection);
  }

  @Test
  @Row("before the headers: resets the connection, having asked for a stream")
  void leavesBeforeAStream() throws Exception {
    Call call = ask(STREAM);
    Connection connection = gateway.accept();

    call.reset();
    connection.write(STREAM.head());

    assertClosedAndPending(call, connection);
  }

  @ParameterizedTest
  @EnumSource
  @Row("before the headers: resets or closes the connection; no headers come")
  void leavesBeforeNoAnswer(Format format) throws Exception {
    useGateway("tollgate.upstream.headers-timeout", LIMIT);
    Call call = ask(format);
    Connection connection = gateway.accept();

    if (format == JSON) {
      call.reset();
    } else {
      call.close();
    }

    assertRefusedOrGone(call, "upstream_unavailable", NO_ANSWER);
    assertCharged(call, "0.00", "unresolved");
    assertClosed(connection);
  }

  @ParameterizedTest
  @EnumSource
  @Row("before the headers: ends its side of the connection, and reads on")
  void endsItsSideOfTheConnection(Format format) throws Exception {
    Call call = ask(format);
    Connection connection = gateway.accept();

    call.shutdownOutput();
    format.answer(connection);

    assertThat(call.readAnswer()).isEqualTo(Answer.complete(200, format.body()));
    assertLogged(call, "outcome=complete");
    assertCharged(call, COST);
    assertKept(connection);
  }

  @ParameterizedTest
  @EnumSource
  @Row("in the body: resets or closes the connection, having asked for JSON")
  void leavesAJsonAnswer(Departure departure) throws Exception {
    Call call = ask(JSON);
    Connection connection = gateway.accept();

    leave(departure, call, connection);
    padUntilTheClientIsMissed(connection);
    connection.chunk(JSON.body().substring(departure.seen(JSON).length())).lastChunk();

    assertReadOnAndCharged(call, connection);
  }

  @ParameterizedTest
  @EnumSource
  @Row("in the body: resets or closes the connection, having asked for a stream")
  void leavesAStream(Departure departure) throws Exception {
    Call call = ask(STREAM);
    Connection connection = gateway.accept();

    leave(departure, call, connection);
    streamUntilClosed(connection);

    assertClosedAndPending(call, connection);
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  @Row("in the body: resets or closes the connection, having asked for a stream")
  void leavesAStreamThatIsSilent() throws Exception {
    Call call = ask(STREAM);
    Connection connection = gateway.accept();

    leave(Departure.CLOSE_IN_THE_BODY, call, connection);

    assertClosedAndPending(call, connection);
  }

  private Call askWithASmallBuffer() throws IOException {
    return connect(STREAM, SMALL_BUFFER_BYTES).sendRequest(STREAM.request());
  }

  @Test
  @Row("in the body: reads a stream slowly")
  void readsSlowly() throws Exception {
    gateway.onNextCall(
        connection -> {
          connection.write(STREAM.head()).chunk(EVENT);
          for (int i = 0; i < COMMENTS; i++) {
            connection.chunk(COMMENT);
          }
          connection.chunk(LAST_EVENT).chunk(DONE).lastChunk();
        });
    Call call = askWithASmallBuffer();
    Connection connection = gateway.accept();

    repeatUntil(() -> call.has(DONE), call::readPiece);

    String body = EVENT + COMMENT.repeat(COMMENTS) + LAST_EVENT + DONE;
    assertThat(call.readAnswer()).isEqualTo(Answer.complete(200, body));
    assertLogged(call, "outcome=complete");
    assertCharged(call, COST);
    assertKept(connection);
  }

  @Test
  @Row("in the body: reads nothing of a stream for longer than allowed")
  void stopsReadingForLongerThanTheContainerAllows() throws Exception {
    useContainerWithIdleTimeout(LIMIT_MILLIS);

    assertBrokenOffWhenItStopsReading();
  }

  @Test
  @Row("in the body: reads nothing of a stream for longer than allowed")
  void stopsReadingForLongerThanTheGatewayAllows() throws Exception {
    useGateway("tollgate.client.write-timeout", LIMIT);

    assertBrokenOffWhenItStopsReading();
  }

  private void assertBrokenOffWhenItStopsReading() throws Exception {
    Call call = askWithASmallBuffer();
    Connection connection = gateway.accept();
    connection.write(STREAM.head()).chunk(EVENT);
    call.readThrough(EVENT);

    assertThatThrownBy(() -> sendWithoutEnd(connection)).isInstanceOf(IOException.class);

    Answer answer = call.readAnswer();
    assertThat(answer).isEqualTo(Answer.cutShort(200, answer.body()));
    assertClosedAndPending(call, connection);
  }

  private static void sendWithoutEnd(Connection connection) throws IOException {
    while (true) {
      connection.chunk(COMMENT);
    }
  }

  @Test
  @Row("at the end: resets the connection, having asked for a stream")
  void leavesBehindTheLastEvent() throws Exception {
    Call call = ask(STREAM);
    Connection connection = gateway.accept();
    connection.write(STREAM.head()).chunk(STREAM.body());
    call.readThrough(DONE);

    call.reset();
    connection.lastChunk();

    assertLogged(call, "outcome=complete");
    assertCharged(call, COST);
    assertKept(connection);
  }

  private Connection answerWhole(Call call) throws Exception {
    Connection connection = gateway.accept();
    call.format().answer(connection);
    assertThat(call.readAnswer()).isEqualTo(Answer.complete(200, call.format().body()));
    return connection;
  }

  @ParameterizedTest
  @EnumSource
  @Row("after the end: resets the connection, or sends an invalid request line")
  void leavesAfterTheEnd(Format format) throws Exception {
    Call call = ask(format);
    Connection connection = answerWhole(call);

    call.reset();

    assertLogged(call, "outcome=complete");
    assertCharged(call, COST);
    assertKept(connection);
  }

  @ParameterizedTest
  @EnumSource
  @Row("after the end: resets the connection, or sends an invalid request line")
  void sendsALineThatIsNoRequestAfterTheEnd(Format format) throws Exception {
    Call call = ask(format);
    Connection connection = answerWhole(call);

    call.send("}\r\n\r\n");

    assertLogged(call, "outcome=complete");
    assertCharged(call, COST);
    assertKept(connection);
  }
}
