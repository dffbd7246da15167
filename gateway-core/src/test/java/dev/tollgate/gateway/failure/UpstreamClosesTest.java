package dev.tollgate.gateway.failure;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.testkit.KeyStores;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import dev.tollgate.gateway.testkit.ScriptedUpstream.Connection;
import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The upstream answers with neither a length nor chunks, so that only the end of the connection is
 * the end of the body (RFC 9112 6.3): complete after an orderly end, cut short after any other.
 */
@Row("The upstream")
class UpstreamClosesTest extends FailureTest {
  private static Path keyStore;

  @BeforeAll
  static void makeKeyStore(@TempDir Path directory) throws Exception {
    keyStore = KeyStores.make(directory.resolve("upstream.p12"), "localhost", "PKCS12");
  }

  /** How the connection ends. */
  private enum End {
    CLOSE("HTTP/1.1", false, Connection::close),
    CLOSE_HTTP_1_0("HTTP/1.0", false, Connection::close),
    /** With a close_notify. */
    CLOSE_TLS("HTTP/1.1", true, Connection::close),
    RESET("HTTP/1.1", false, Connection::reset),
    RESET_HTTP_1_0("HTTP/1.0", false, Connection::reset),
    CLOSE_WITHOUT_CLOSE_NOTIFY("HTTP/1.1", true, Connection::cut),
    RESET_UNDER_TLS("HTTP/1.1", true, Connection::reset);

    private final String version;
    private final boolean tls;
    private final Step step;

    End(String version, boolean tls, Step step) {
      this.version = version;
      this.tls = tls;
      this.step = step;
    }

    private interface Step {
      void on(Connection connection) throws IOException;
    }
  }

  static Stream<Arguments> orderly() {
    return formatsAnd(End.CLOSE, End.CLOSE_HTTP_1_0, End.CLOSE_TLS);
  }

  static Stream<Arguments> broken() {
    return formatsAnd(
        End.RESET, End.RESET_HTTP_1_0, End.CLOSE_WITHOUT_CLOSE_NOTIFY, End.RESET_UNDER_TLS);
  }

  /** Sends so much of an answer, and ends the connection when the client has it. */
  private Call askAndEnd(Format format, String body, End end) throws Exception {
    if (end.tls) {
      useGatewayOverTls();
    }
    Call call = ask(format);
    Connection connection = gateway.accept();
    connection.write(format.closeDelimitedHead(end.version) + body);
    call.readThrough(body);

    end.step.on(connection);

    assertClosed(connection);
    return call;
  }

  private void useGatewayOverTls() throws Exception {
    try (KeyStores.Trust trust = KeyStores.trust(keyStore)) {
      ScriptedUpstream upstream = ScriptedUpstream.overTls(KeyStores.serverContext(keyStore));
      useGateway("TLS", upstream, 30_000);
    }
  }

  @ParameterizedTest
  @MethodSource("orderly")
  @Row("in the body: closes the connection in order, in a body without length or chunks")
  void endsBeforeTheBody(Format format, End end) throws Exception {
    Call call = askAndEnd(format, "", end);

    assertThat(call.readAnswer()).isEqualTo(Answer.complete(200, ""));
    assertLogged(call, "outcome=complete");
    assertPending(call, WHOLE_HOLD);
  }

  @ParameterizedTest
  @MethodSource("orderly")
  @Row("in the body: closes the connection in order, in a body without length or chunks")
  void endsInTheBody(Format format, End end) throws Exception {
    Call call = askAndEnd(format, format.half(), end);

    assertThat(call.readAnswer()).isEqualTo(Answer.complete(200, format.half()));
    assertLogged(call, "outcome=complete");
    assertPending(call, WHOLE_HOLD);
  }

  @ParameterizedTest
  @MethodSource("orderly")
  @Row("at the end: closes the connection in order, behind a body without length or chunks")
  void endsBehindTheBody(Format format, End end) throws Exception {
    Call call = askAndEnd(format, format.body(), end);

    assertThat(call.readAnswer()).isEqualTo(Answer.complete(200, format.body()));
    assertLogged(call, "outcome=complete");
    assertCharged(call, COST);
  }

  @ParameterizedTest
  @MethodSource("broken")
  @Row("in the body: breaks the connection, in a body without length or chunks")
  void breaksBeforeTheBody(Format format, End end) throws Exception {
    Call call = askAndEnd(format, "", end);

    assertThat(call.readAnswer()).isEqualTo(Answer.cutShort(200, ""));
    assertLogged(call, "outcome=upstream_failed", BROKE_OFF);
    assertPending(call, WHOLE_HOLD);
  }

  @ParameterizedTest
  @MethodSource("broken")
  @Row("in the body: breaks the connection, in a body without length or chunks")
  void breaksInTheBody(Format format, End end) throws Exception {
    Call call = askAndEnd(format, format.half(), end);

    assertThat(call.readAnswer()).isEqualTo(Answer.cutShort(200, format.half()));
    assertLogged(call, "outcome=upstream_failed", BROKE_OFF);
    assertPending(call, WHOLE_HOLD);
  }

  @ParameterizedTest
  @MethodSource("broken")
  @Row("at the end: breaks the connection, behind a body without length or chunks")
  void breaksBehindTheBody(Format format, End end) throws Exception {
    Call call = askAndEnd(format, format.body(), end);

    assertThat(call.readAnswer()).isEqualTo(Answer.cutShort(200, format.body()));
    assertLogged(call, "outcome=upstream_failed", BROKE_OFF);
    assertCharged(call, COST);
  }
}
