package dev.tollgate.gateway.failure;

import static dev.tollgate.gateway.failure.Format.STREAM;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.testkit.ScriptedUpstream;
import dev.tollgate.gateway.testkit.ScriptedUpstream.Connection;
import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The upstream breaks off its answer, or only seems to. */
@Row("The upstream")
class UpstreamBreaksTest extends FailureTest {
  private static final String FAILED = "outcome=upstream_failed";

  /** How an answer with a length, or in chunks, breaks off. */
  private enum Break {
    RESET(Connection::reset),
    CLOSE(Connection::close),
    SILENCE(connection -> {}),
    CHUNK_WITHOUT_SIZE(connection -> connection.write("zz\r\n")),
    CHUNK_TOO_LARGE_TO_COUNT(connection -> connection.write("fffffffffffffffff\r\n"));

    private final Step step;

    Break(Step step) {
      this.step = step;
    }

    boolean needsChunks() {
      return this == CHUNK_WITHOUT_SIZE || this == CHUNK_TOO_LARGE_TO_COUNT;
    }
  }

  private interface Step {
    void on(Connection connection) throws IOException;
  }

  static Stream<Arguments> breaks() {
    return formatsAnd((Object[]) Break.values());
  }

  private void useGatewayFor(Break how) throws Exception {
    if (how == Break.SILENCE) {
      useGateway("tollgate.upstream.idle-timeout", LIMIT);
    }
  }

  @ParameterizedTest
  @MethodSource("breaks")
  @Row("in the body: resets or closes the connection, falls silent, or sends an invalid chunk")
  void breaksOffBeforeTheBody(Format format, Break how) throws Exception {
    useGatewayFor(how);
    Call call = ask(format);
    Connection connection = gateway.accept();
    connection.write(how.needsChunks() ? format.chunkedHead() : format.head());
    call.readHead();

    how.step.on(connection);

    assertCutShort(call, connection, "");
    assertPending(call, WHOLE_HOLD);
  }

  @ParameterizedTest
  @MethodSource("breaks")
  @Row("in the body: resets or closes the connection, falls silent, or sends an invalid chunk")
  void breaksOffInTheBody(Format format, Break how) throws Exception {
    useGatewayFor(how);
    Call call = ask(format);
    Connection connection = gateway.accept();
    if (format == STREAM || how.needsChunks()) {
      connection.write(format.chunkedHead()).chunk(format.half());
    } else {
      connection.write(format.head()).write(format.half());
    }
    call.readThrough(format.half());

    how.step.on(connection);

    assertCutShort(call, connection, format.half());
    assertPending(call, WHOLE_HOLD);
  }

  @ParameterizedTest
  @MethodSource("breaks")
  @Row("at the end: does all this instead of sending the last chunk")
  void breaksOffBeforeTheLastChunk(Format format, Break how) throws Exception {
    useGatewayFor(how);
    Call call = ask(format);
    Connection connection = gateway.accept();
    connection.write(format.chunkedHead()).chunk(format.body());
    call.readThrough(format.body());

    how.step.on(connection);

    assertCutShort(call, connection, format.body());
    assertCharged(call, COST);
  }

  private void assertCutShort(Call call, Connection connection, String body) throws Exception {
    assertThat(call.readAnswer()).isEqualTo(Answer.cutShort(200, body));
    assertLogged(call, FAILED, BROKE_OFF);
    assertClosed(connection);
  }

  @Test
  @Row("at the end: sends more after the [DONE] of a stream, then resets the connection")
  void breaksOffBehindDone() throws Exception {
    String body = STREAM.body() + ": tail\n\n";
    Call call = ask(STREAM);
    Connection connection = gateway.accept();
    connection.write(STREAM.head()).chunk(STREAM.body()).chunk(": tail\n\n");
    call.readThrough(body);

    connection.reset();

    assertCutShort(call, connection, body);
    assertCharged(call, COST);
  }

  @ParameterizedTest
  @EnumSource
  @Row("in the body: closes the connection in an error (500)")
  void breaksOffInAnError(Format format) throws Exception {
    Call call = ask(format);
    Connection connection = gateway.accept();
    connection.write(
        "HTTP/1.1 500 X\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{");
    call.readThrough("{");

    connection.close();

    assertThat(call.readAnswer()).isEqualTo(Answer.cutShort(500, "{"));
    assertLogged(call, FAILED, BROKE_OFF);
    assertReleased(call);
    assertClosed(connection);
  }

  @Test
  @Row("in the body: sends a stream for longer than tollgate.upstream.total-timeout")
  void goesOnForTooLong() throws Exception {
    useGateway("tollgate.upstream.total-timeout", LIMIT);
    Call call = ask(STREAM);
    Connection connection = gateway.accept();

    connection.write(STREAM.head()).chunk(Format.EVENT);
    repeatUntil(() -> connection.over().isDone(), () -> connection.chunk(": still here\n\n"));

    Answer answer = call.readAnswer();
    assertThat(answer).isEqualTo(Answer.cutShort(200, answer.body()));
    assertLogged(call, FAILED, BROKE_OFF);
    assertPending(call, WHOLE_HOLD);
    assertClosed(connection);
  }

  @ParameterizedTest
  @EnumSource
  @Row("after the end: resets the connection, or answers a second time")
  void resetsTheConnectionAfterTheEnd(Format format) throws Exception {
    Call call = ask(format);
    Connection connection = gateway.accept();
    format.answer(connection);
    assertThat(call.readAnswer()).isEqualTo(Answer.complete(200, format.body()));

    connection.reset();

    assertLogged(call, "outcome=complete");
    assertCharged(call, COST);
    assertClosed(connection);
  }

  @ParameterizedTest
  @EnumSource
  @Row("after the end: resets the connection, or answers a second time")
  void answersASecondTime(Format format) throws Exception {
    Call call = ask(format);
    Connection connection = gateway.accept();
    format.answer(connection);
    assertThat(call.readAnswer()).isEqualTo(Answer.complete(200, format.body()));

    connection.write(ScriptedUpstream.json(200, "{\"stolen\":true}"));

    assertLogged(call, "outcome=complete");
    assertCharged(call, COST);
    assertClosed(connection);
  }
}
