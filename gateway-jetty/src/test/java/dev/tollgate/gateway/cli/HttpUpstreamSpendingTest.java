package dev.tollgate.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tollgate.gateway.account.Secret;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HttpUpstreamSpendingTest {
  private final ScriptedUpstream upstream = new ScriptedUpstream();

  @AfterEach
  void close() throws Exception {
    upstream.close();
  }

  private String spent(int status, String body) throws IOException {
    upstream.script((request, connection) -> connection.write(ScriptedUpstream.json(status, body)));
    return new HttpUpstreamSpending(upstream.baseUrl())
        .spent(Secret.of("sk-or-v1-secret"))
        .toString();
  }

  @Test
  void itAsksWithTheKeyItself() throws Exception {
    spent(200, "{\"data\":{\"usage\":1}}");

    ScriptedUpstream.Received request = upstream.take();
    assertThat(request.target()).isEqualTo(upstream.baseUrl().getPath() + "/key");
    assertThat(request.values("Authorization")).containsExactly("Bearer sk-or-v1-secret");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {"data":{"usage":12.3400}} | 12.3400
          {"data":{"usage":0.12345678901234567890123}} | 0.12345678901234567890123
          {"data":{"usage":1.2e-7}} | 1.2E-7
          {"data":{"usage":0,"byok_usage":0.5}} | 0.5
          {"data":{"usage":1.25,"byok_usage":null,"usage_daily":7}} | 1.25
          """)
  void theFigureIsExactlyAsWritten(String body, String figure) throws Exception {
    assertThat(spent(200, body)).isEqualTo(figure);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "nonsense",
        "[]",
        "{\"data\":{}}",
        "{\"data\":{\"usage\":\"1\"}}",
        "{\"data\":{\"usage\":NaN}}",
        "{\"data\":{\"usage\":1e-88888888888}}",
        "{\"data\":{\"usage\":1e999999999,\"byok_usage\":1}}",
        "{\"data\":{\"usage\":1,\"byok_usage\":1e-999999999}}"
      })
  void whatIsNoFigureIsSaidInOneLine(String body) {
    assertThatThrownBy(() -> spent(200, body))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("its answer ")
        .hasMessageNotContaining("\n");
  }

  @Test
  void aRefusalIsSaid() {
    assertThatThrownBy(() -> spent(401, "{}")).hasMessage("it answered with status 401");
  }

  @Test
  void anUpstreamThatIsNotThereIsSaid() throws Exception {
    // Bound, so that no other process takes the port, but not listening.
    try (Socket taken = new Socket()) {
      taken.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      URI gone = URI.create("http://127.0.0.1:" + taken.getLocalPort() + "/api/v1");

      assertThatThrownBy(() -> new HttpUpstreamSpending(gone).spent(Secret.of("k")))
          .isInstanceOf(IOException.class)
          .hasMessage("nothing listens at " + gone.getAuthority());
    }
  }
}
