package dev.tollgate.gateway.failure;

import static dev.tollgate.gateway.failure.Answer.refusal;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.testkit.ScriptedUpstream.Connection;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The client fails while it sends its request. */
@Row("The client")
class ClientRequestFailuresTest extends FailureTest {
  private static final int MAX_BODY = 1_048_576;
  private static final String BROKEN_BODY =
      "in the request: ends the body early, pauses in it for longer than the container allows, or"
          + " sends an invalid chunk";
  private static final String BODY_TIMEOUT = "tollgate.client.body-timeout";
  private static final Answer MALFORMED = refusal(400, "Malformed request: body");
  private static final Answer LATE =
      refusal(400, "Malformed request: body (it did not come in time)");
  private static final Answer TOO_LARGE = refusal(413, "Request body too large (max 1MB)");

  /** Sends the head and ten bytes of the body. */
  private Call sendHalf(Format format) throws Exception {
    String request = format.request();
    return connect(format)
        .sendHead("Content-Length: " + request.length())
        .send(request.substring(0, 10));
  }

  private void assertRefused(Call call, String code) {
    assertLogged(call, "outcome=refused code=" + code);
    assertNothingHeld(call);
    assertNotCalled();
  }

  @ParameterizedTest
  @EnumSource
  @Row("in the request: resets the connection in the body")
  void resetsTheConnection(Format format) throws Exception {
    Call call = sendHalf(format);

    call.reset();

    assertRefusedOrGone(call, "malformed_request");
    assertNothingHeld(call);
    assertNotCalled();
  }

  @ParameterizedTest
  @EnumSource
  @Row(BROKEN_BODY)
  void endsItsSideOfTheConnection(Format format) throws Exception {
    Call call = sendHalf(format);

    call.shutdownOutput();

    assertThat(call.readAnswer()).isEqualTo(MALFORMED);
    assertRefused(call, "malformed_request");
  }

  @ParameterizedTest
  @EnumSource
  @Row(BROKEN_BODY)
  void pausesForLongerThanTheContainerAllows(Format format) throws Exception {
    useContainerWithIdleTimeout(LIMIT_MILLIS);

    Call call = sendHalf(format);

    assertThat(call.readAnswer()).isEqualTo(MALFORMED);
    assertRefused(call, "malformed_request");
  }

  @ParameterizedTest
  @EnumSource
  @Row(BROKEN_BODY)
  void sendsAChunkWithoutASize(Format format) throws Exception {
    Call call = connect(format).sendHead("Transfer-Encoding: chunked").send("zz\r\n{}\r\n");

    assertThat(call.readAnswer()).isEqualTo(MALFORMED);
    assertRefused(call, "malformed_request");
  }

  @ParameterizedTest
  @EnumSource
  @Row("in the request: does not send the whole body within tollgate.client.body-timeout")
  void fallsSilent(Format format) throws Exception {
    useGateway(BODY_TIMEOUT, LIMIT);

    Call call = sendHalf(format);

    assertThat(call.readAnswer()).isEqualTo(LATE);
    assertRefused(call, "malformed_request");
  }

  @ParameterizedTest
  @EnumSource
  @Row("in the request: does not send the whole body within tollgate.client.body-timeout")
  void dripsItsBodyForTooLong(Format format) throws Exception {
    useGateway(BODY_TIMEOUT, LIMIT);
    Call call = connect(format).sendHead("Content-Length: 10000");

    repeatUntil(call::hasUnread, () -> call.send(" "));

    assertThat(call.readAnswer()).isEqualTo(LATE);
    assertRefused(call, "malformed_request");
  }

  @ParameterizedTest
  @EnumSource
  @Row("in the request: sends the body byte by byte")
  void dripsItsBody(Format format) throws Exception {
    String request = format.request();
    Call call = connect(format).sendHead("Content-Length: " + request.length());

    drip(request, call::send);
    Connection connection = gateway.accept();
    format.answer(connection);

    assertThat(call.readAnswer()).isEqualTo(Answer.complete(200, format.body()));
    assertLogged(call, "outcome=complete");
    assertCharged(call, COST);
    assertKept(connection);
  }

  @ParameterizedTest
  @EnumSource
  @Row("in the request: sends an invalid request line")
  void sendsALineThatIsNoRequest(Format format) throws Exception {
    Call call = connect(format).send("\u0016\u0003\u0001 garbage\r\n\r\n");

    assertAnsweredByTheContainer(call, 400);
  }

  @ParameterizedTest
  @EnumSource
  @Row("in the request: sends 16 KB of headers")
  void sendsTooManyHeaders(Format format) throws Exception {
    Call call = connect(format).sendHead("X-Big: " + "x".repeat(16 << 10));

    assertAnsweredByTheContainer(call, 431);
  }

  private void assertAnsweredByTheContainer(Call call, int status) throws Exception {
    Answer answer = call.readAnswer();
    assertThat(answer).isEqualTo(Answer.complete(status, answer.body()));
    assertNotLogged(call);
    assertNothingHeld(call);
    assertNotCalled();
  }

  @ParameterizedTest
  @EnumSource
  @Row("in the request: sends a body of more than 1 MB")
  void announcesTooLargeABody(Format format) throws Exception {
    Call call =
        connect(format)
            .sendHead("Content-Length: " + (MAX_BODY + 1))
            .send("x".repeat(MAX_BODY + 1));

    assertThat(call.readAnswer()).isEqualTo(TOO_LARGE);
    assertRefused(call, "request_too_large");
  }

  @ParameterizedTest
  @EnumSource
  @Row("in the request: sends a body of more than 1 MB")
  void sendsTooLargeABodyInChunks(Format format) throws Exception {
    Call call =
        connect(format)
            .sendHead("Transfer-Encoding: chunked")
            .send(Integer.toHexString(MAX_BODY + 1) + "\r\n")
            .send("x".repeat(MAX_BODY + 1) + "\r\n0\r\n\r\n");

    assertThat(call.readAnswer()).isEqualTo(TOO_LARGE);
    assertRefused(call, "request_too_large");
  }
}
