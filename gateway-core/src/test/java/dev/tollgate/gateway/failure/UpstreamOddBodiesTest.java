package dev.tollgate.gateway.failure;

import static dev.tollgate.gateway.failure.Format.DONE;
import static dev.tollgate.gateway.failure.Format.EVENT;
import static dev.tollgate.gateway.failure.Format.FIRST_HALF;
import static dev.tollgate.gateway.failure.Format.JSON;
import static dev.tollgate.gateway.failure.Format.LAST_EVENT;
import static dev.tollgate.gateway.failure.Format.SECOND_HALF;
import static dev.tollgate.gateway.failure.Format.STREAM;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.testkit.ScriptedUpstream;
import dev.tollgate.gateway.testkit.ScriptedUpstream.Connection;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The upstream's answer is odd. Whatever its body holds, it is relayed as it is. */
@Row("The upstream")
class UpstreamOddBodiesTest extends FailureTest {
  private static final String ERROR =
      "{\"error\":{\"code\":502,\"message\":\"Provider disconnected\"}}";

  /** What must not be taken for the answer to the next request. */
  private static final String EXCESS = ScriptedUpstream.json(200, "{\"stolen\":true}");

  /** Asks for JSON, which comes with this body. */
  private Connection answerJson(Call call, String body) throws Exception {
    Connection connection = gateway.accept();
    connection.write(JSON.headWithLength(body.length()) + body);
    assertRelayed(call, body);
    return connection;
  }

  private void assertRelayed(Call call, String body) throws Exception {
    assertThat(call.readAnswer()).isEqualTo(Answer.complete(200, body));
    assertLogged(call, "outcome=complete");
  }

  @Test
  @Row("in the body: sends a stream byte by byte, in all for longer than its idle-timeout")
  void dripsItsBody() throws Exception {
    useGateway("tollgate.upstream.idle-timeout", LIMIT);
    Call call = ask(STREAM);
    Connection connection = gateway.accept();
    connection.write(STREAM.head());

    long start = System.nanoTime();
    drip(STREAM.body(), connection::chunk);
    assertThat(System.nanoTime() - start).isGreaterThan(LIMIT_MILLIS * 2_000_000);
    connection.lastChunk();

    assertRelayed(call, STREAM.body());
    assertCharged(call, COST);
    assertKept(connection);
  }

  @Test
  @Row("in the body: cuts a stream within a character")
  void cutsItsBodyWithinACharacter() throws Exception {
    String accents = "data: \u00e9\u20ac\n\n";
    byte[] bytes = accents.getBytes(UTF_8);
    int cut = bytes.length - 3;
    Call call = ask(STREAM);
    Connection connection = gateway.accept();

    connection.write(STREAM.head()).chunk(Arrays.copyOf(bytes, cut));
    call.readPiece();
    connection.chunk(Arrays.copyOfRange(bytes, cut, bytes.length));
    connection.chunk(LAST_EVENT).chunk(DONE).lastChunk();

    assertRelayed(call, accents + LAST_EVENT + DONE);
    assertCharged(call, COST);
    assertKept(connection);
  }

  @Test
  @Row("in the body: sends an error without usage, as JSON")
  void sendsAnErrorAsJson() throws Exception {
    Call call = ask(JSON);

    Connection connection = answerJson(call, ERROR);

    assertPending(call, PROMPT);
    assertKept(connection);
  }

  @Test
  @Row("in the body: sends an error without usage, in a stream")
  void sendsAnErrorInAStream() throws Exception {
    String error = "data: " + ERROR + "\n\n";
    Call call = ask(STREAM);
    Connection connection = gateway.accept();

    connection.write(STREAM.head()).chunk(EVENT).chunk(error).chunk(DONE).lastChunk();

    assertRelayed(call, EVENT + error + DONE);
    assertPending(call, WHOLE_HOLD);
    assertKept(connection);
  }

  /** The prompt and the two tokens of the answer are charged, as far as they can be counted. */
  @Test
  @Row("in the body: sends JSON without usage and without the id of a generation")
  void namesNeitherUsageNorGeneration() throws Exception {
    String body = FIRST_HALF.replace("gen-1", "cmp-1") + "\"x\":0}";
    Call call = ask(JSON);
    Connection connection = gateway.accept();

    connection.write(ScriptedUpstream.json(200, body));

    assertRelayed(call, body);
    assertCharged(call, "0.038", "unresolved");
    assertKept(connection);
  }

  @Test
  @Row("in the body: names a negative cost, in JSON")
  void namesANegativeCost() throws Exception {
    Call call = ask(JSON);

    Connection connection = answerJson(call, FIRST_HALF + SECOND_HALF.replace("0.05", "-0.05"));

    assertCharged(call, WHOLE_HOLD, "negative_cost");
    assertKept(connection);
  }

  @Test
  @Row("in the body: sends what is not JSON but should be")
  void sendsGarbage() throws Exception {
    Call call = ask(JSON);

    Connection connection = answerJson(call, "\0}{\"");

    assertPending(call, WHOLE_HOLD);
    assertKept(connection);
  }

  @ParameterizedTest
  @EnumSource
  @Row("in the body: compresses it unasked")
  void compressesItsBody(Format format) throws Exception {
    byte[] zipped = zip(format.body());
    String headers = "Content-Encoding: gzip\r\nContent-Length: " + zipped.length + "\r\n";
    Call call = ask(format);
    Connection connection = gateway.accept();

    connection.write(format.head("HTTP/1.1", headers)).write(zipped);

    assertThat(call.readAnswer()).isEqualTo(Answer.complete(200, zipped));
    assertLogged(call, "outcome=complete");
    assertCharged(call, COST);
    assertKept(connection);
  }

  private static byte[] zip(String text) throws IOException {
    ByteArrayOutputStream zipped = new ByteArrayOutputStream();
    try (GZIPOutputStream zip = new GZIPOutputStream(zipped)) {
      zip.write(text.getBytes(UTF_8));
    }
    return zipped.toByteArray();
  }

  @Test
  @Row("in the body: sends a little more JSON than its length")
  void sendsALittleMore() throws Exception {
    Call call = ask(JSON);
    Connection connection = gateway.accept();

    connection.write(JSON.head() + JSON.body() + EXCESS);

    assertRelayed(call, JSON.body());
    assertCharged(call, COST);
    assertKept(connection);
  }

  @Test
  @Row("in the body: sends much more JSON than its length")
  void sendsMuchMore() throws Exception {
    gateway.onNextCall(
        connection -> connection.write(JSON.head() + JSON.body() + EXCESS.repeat(4_000)));

    Call call = ask(JSON);

    assertRelayed(call, JSON.body());
    assertCharged(call, COST);
    assertClosed(gateway.accept());
  }
}
