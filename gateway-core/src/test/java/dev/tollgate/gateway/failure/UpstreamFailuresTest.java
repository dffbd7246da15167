package dev.tollgate.gateway.failure;

import static dev.tollgate.gateway.failure.Answer.DO_NOT_RETRY;
import static dev.tollgate.gateway.failure.Answer.refusal;
import static dev.tollgate.gateway.failure.Format.JSON;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.testkit.ScriptedUpstream;
import dev.tollgate.gateway.testkit.ScriptedUpstream.Connection;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The upstream fails before its response headers, or answers with an error. */
@Row("The upstream")
class UpstreamFailuresTest extends FailureTest {
  private static final String UNAVAILABLE = "outcome=refused code=upstream_unavailable";
  private static final String NOT_RELAYED =
      "WARNING: the upstream's answer is replaced by a refusal";
  private static final String TOO_LATE =
      "before the headers: sends no whole headers within headers-timeout or total-timeout";
  private static final String HEADERS_TIMEOUT = "tollgate.upstream.headers-timeout";
  private static final String ERROR = "{\"error\":{\"code\":429,\"message\":\"slow down\"}}";

  /** Headers of an answer that the gateway takes for none. */
  private enum Garbage {
    ANOTHER_PROTOCOL("SSH-2.0-OpenSSH_9\r\n\r\n"),
    ZERO_BYTE(withHeader("X-Bad: a\0b")),
    NO_NAME(withHeader(": x")),
    MORE_THAN_64_KB(withHeader("X-Big: " + "x".repeat(65 << 10))),
    CODING_AND_LENGTH(withHeader("Transfer-Encoding: chunked\r\nContent-Length: 2")),
    TWO_LENGTHS(withHeader("Content-Length: 2\r\nContent-Length: 3")),
    NEGATIVE_LENGTH(withHeader("Content-Length: -1")),
    LENGTH_WITHOUT_A_NUMBER(withHeader("Content-Length: 2x"));

    private final String answer;

    Garbage(String answer) {
      this.answer = answer;
    }
  }

  /** An answer that is understood but cannot be relayed. */
  private enum Unrelayable {
    SWITCHES_PROTOCOLS("HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"),
    UNKNOWN_TRANSFER_CODING(withHeader("Transfer-Encoding: gzip, chunked"));

    private final String answer;

    Unrelayable(String answer) {
      this.answer = answer;
    }
  }

  private static String withHeader(String header) {
    return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" + header + "\r\n\r\n2\r\n{}\r\n";
  }

  /** The upstream may have got the request, so the client must not send it again by itself. */
  private void assertUnavailable(Call call, Connection connection) throws Exception {
    assertThat(call.readAnswer()).isEqualTo(refusal(502, "LLM service unavailable", DO_NOT_RETRY));
    assertLogged(call, UNAVAILABLE, NO_ANSWER);
    assertCharged(call, "0.00", "unresolved");
    assertClosed(connection);
  }

  @ParameterizedTest
  @EnumSource
  @Row("before the headers: refuses a connection, but not the next one")
  void canBeReachedOnRetry(Format format) throws Exception {
    useGatewayWithoutUpstream();
    gateway.openUpstreamOnRetry();

    Call call = ask(format);
    Connection connection = gateway.accept();
    format.answer(connection);

    assertThat(call.readAnswer()).isEqualTo(Answer.complete(200, format.body()));
    assertLogged(call, "outcome=complete", "upstreamRetried");
    assertCharged(call, COST);
    assertKept(connection);
  }

  @ParameterizedTest
  @EnumSource
  @Row("before the headers: refuses two connections in a row")
  void cannotBeReached(Format format) throws Exception {
    useGatewayWithoutUpstream();

    Call call = ask(format);

    assertThat(call.readAnswer()).isEqualTo(refusal(502, "LLM service unavailable"));
    assertLogged(call, UNAVAILABLE, NO_ANSWER, "upstreamRetried");
    assertReleased(call);
    assertNotCalled();
  }

  @ParameterizedTest
  @EnumSource
  @Row("before the headers: has refused five connections in a row")
  void isNotTriedAfterFiveFailures(Format format) throws Exception {
    useGatewayWithoutUpstream();
    while (!gateway.events().contains("upstreamCircuitChanged(true)")) {
      ask(format).readAnswer();
    }
    gateway.events().clear();

    Call call = ask(format);

    assertThat(call.readAnswer()).isEqualTo(refusal(502, "LLM service unavailable"));
    assertLogged(call, UNAVAILABLE);
    assertNothingHeld(call);
    assertNotCalled();
  }

  @ParameterizedTest
  @EnumSource
  @Row("before the headers: resets or closes the connection")
  void resetsTheConnection(Format format) throws Exception {
    Call call = ask(format);
    Connection connection = gateway.accept();

    connection.reset();

    assertUnavailable(call, connection);
  }

  @ParameterizedTest
  @EnumSource
  @Row("before the headers: resets or closes the connection")
  void closesTheConnection(Format format) throws Exception {
    Call call = ask(format);
    Connection connection = gateway.accept();

    connection.close();

    assertUnavailable(call, connection);
  }

  @ParameterizedTest
  @EnumSource
  @Row(TOO_LATE)
  void saysNothing(Format format) throws Exception {
    useGateway(HEADERS_TIMEOUT, LIMIT);

    Call call = ask(format);

    assertUnavailable(call, gateway.accept());
  }

  @ParameterizedTest
  @EnumSource
  @Row(TOO_LATE)
  void saysNothingForAsLongAsTheWholeAnswerMayTake(Format format) throws Exception {
    useGateway("tollgate.upstream.total-timeout", LIMIT);

    Call call = ask(format);

    assertUnavailable(call, gateway.accept());
  }

  @ParameterizedTest
  @EnumSource
  @Row(TOO_LATE)
  void dripsItsHeaders(Format format) throws Exception {
    useGateway(HEADERS_TIMEOUT, LIMIT);
    Call call = ask(format);
    Connection connection = gateway.accept();

    connection.write("HTTP/1.1 200 OK\r\nX: ");
    repeatUntil(() -> connection.over().isDone(), () -> connection.write("x"));

    assertUnavailable(call, connection);
  }

  @ParameterizedTest
  @EnumSource
  @Row(TOO_LATE)
  void sendsInterimResponsesWithoutEnd(Format format) throws Exception {
    useGateway(HEADERS_TIMEOUT, LIMIT);
    Call call = ask(format);
    Connection connection = gateway.accept();

    repeatUntil(
        () -> connection.over().isDone(),
        () -> connection.write("HTTP/1.1 102 Processing\r\n\r\n"));

    assertUnavailable(call, connection);
  }

  static Stream<Arguments> garbage() {
    return formatsAnd((Object[]) Garbage.values());
  }

  @ParameterizedTest
  @MethodSource("garbage")
  @Row("before the headers: sends headers that HTTP does not allow, or more than 64 KB of them")
  void sendsGarbage(Format format, Garbage garbage) throws Exception {
    gateway.onNextCall(connection -> connection.write(garbage.answer));

    Call call = ask(format);

    assertUnavailable(call, gateway.accept());
  }

  static Stream<Arguments> unrelayable() {
    return formatsAnd((Object[]) Unrelayable.values());
  }

  /** A header that came says that the upstream has read the prompt. */
  @ParameterizedTest
  @MethodSource("unrelayable")
  @Row("before the headers: switches protocols (101), or uses a transfer coding but chunked")
  void sendsWhatCannotBeRelayed(Format format, Unrelayable unrelayable) throws Exception {
    Call call = ask(format);
    Connection connection = gateway.accept();

    connection.write(unrelayable.answer);

    assertThat(call.readAnswer()).isEqualTo(refusal(502, "LLM service unavailable", DO_NOT_RETRY));
    assertLogged(call, UNAVAILABLE, NOT_RELAYED);
    assertCharged(call, PROMPT, "unresolved");
    assertClosed(connection);
  }

  @ParameterizedTest
  @EnumSource
  @Row("before the headers: answers with an error (429)")
  void answersWithAnError(Format format) throws Exception {
    Call call = ask(format);
    Connection connection = gateway.accept();

    connection.write(ScriptedUpstream.json(429, ERROR));

    assertThat(call.readAnswer()).isEqualTo(Answer.complete(429, ERROR));
    assertLogged(call, "outcome=complete");
    assertReleased(call);
    assertKept(connection);
  }

  /** Every 10 s at most, the gateway asks for the account and logs that it is empty. */
  @Test
  @Row("before the headers: refuses the operator's account (402), asked for JSON")
  void refusesTheOperatorsAccount() throws Exception {
    Call call = ask(JSON);
    Connection connection = gateway.accept();

    connection.write(ScriptedUpstream.json(402, ERROR));

    assertThat(call.readAnswer()).isEqualTo(Answer.complete(402, ERROR));
    log.awaitLine("SEVERE: THE OPERATOR'S ACCOUNT AT THE UPSTREAM");
    assertLogged(call, "outcome=complete", "operatorAccountRefused(402)");
    assertReleased(call);
    assertKept(connection);
  }

  @ParameterizedTest
  @EnumSource
  @Row("before the headers: answers with an error before it has read the request, and closes")
  void answersEarly(Format format) throws Exception {
    CountDownLatch seen = new CountDownLatch(1);
    String answer = ScriptedUpstream.json(429, ERROR);
    gateway.upstream().setReadsBodies(false);
    gateway.onNextCall(
        connection -> {
          connection.write(answer.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"));
          assertThat(seen.await(10, TimeUnit.SECONDS)).isTrue();
          connection.close();
        });

    Call call = connect(format).sendRequest(" ".repeat(900_000) + format.request());
    call.readThrough(ERROR);
    seen.countDown();
    gateway.upstream().setReadsBodies(true);

    assertThat(call.readAnswer()).isEqualTo(Answer.complete(429, ERROR));
    assertLogged(call, "outcome=complete");
    assertReleased(call);
    assertClosed(gateway.accept());
  }
}
