package dev.tollgate.gateway.relay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tollgate.gateway.testkit.Home;
import dev.tollgate.gateway.testkit.RawClient;
import dev.tollgate.gateway.testkit.RunningGateway;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import dev.tollgate.gateway.testkit.ScriptedUpstream.Received;
import dev.tollgate.gateway.testkit.Tenant;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The relay in Jetty, in this process: the contract, and what takes settings or the gateway itself.
 */
class RelayTest extends RelayContract {
  @TempDir Path directory;
  private final ScriptedUpstream upstream = new ScriptedUpstream();
  private RunningGateway gateway;

  @Override
  protected Home home() throws Exception {
    gateway = RunningGateway.start(directory, upstream.baseUrl());
    return gateway;
  }

  @Override
  protected ScriptedUpstream upstream() {
    return upstream;
  }

  @Override
  protected void leave() throws Exception {
    await().until(() -> gateway.gateway().awaitIdle(Duration.ZERO));
    gateway.close();
    upstream.close();
  }

  private void restartWith(Map<String, String> settings, long idleMillis) throws Exception {
    gateway.close();
    gateway =
        RunningGateway.start(
            Files.createDirectory(directory.resolve("again")),
            upstream.baseUrl(),
            settings,
            idleMillis);
    tenant = Tenant.of(gateway, "1000");
  }

  @Test
  void aSilenceLongerThanTheContainersIdleTimeoutSurvives() throws Exception {
    restartWith(Map.of(), 300);
    upstream.script(
        (request, connection) -> {
          connection.write(ScriptedUpstream.streamHead()).chunk("data: 1\n\n");
          assertThat(connection.closesWithin(1_000)).isFalse();
          connection.chunk("data: 2\n\n").lastChunk();
        });

    assertThat(new String(chat("{}".getBytes(UTF_8)).body(), UTF_8))
        .isEqualTo("data: 1\n\ndata: 2\n\n");
  }

  @Test
  void anUpstreamThatIsNotThereIsUnavailableAndMayBeTriedAgain() throws Exception {
    upstream.close();
    assertUnavailable(chat("{}".getBytes(UTF_8)), false);
  }

  @Test
  void headersThatDoNotComeInTimeAreUnavailable() throws Exception {
    restartWith(Map.of("tollgate.upstream.headers-timeout", "300ms"), 30_000);
    upstream.script((request, connection) -> connection.awaitClosed(10_000));
    assertUnavailable(chat("{}".getBytes(UTF_8)), true);
  }

  @Test
  void theWaitForHeadersMayBeLongerThanTheSilenceWithinAnAnswer() throws Exception {
    restartWith(
        Map.of(
            "tollgate.upstream.idle-timeout", "200ms", "tollgate.upstream.headers-timeout", "20s"),
        30_000);
    upstream.script(
        (request, connection) -> {
          // Five times the limit within an answer.
          assertThat(connection.awaitClosed(1_000)).isFalse();
          connection.write(ScriptedUpstream.json(200, "{}"));
        });
    assertThat(chat("{}".getBytes(UTF_8)).statusCode()).isEqualTo(200);
  }

  @Test
  void anUpstreamThatFallsSilentBreaksTheClient() throws Exception {
    restartWith(Map.of("tollgate.upstream.idle-timeout", "500ms"), 30_000);
    assertBroken(
        "Transfer-Encoding: chunked",
        (request, connection) -> {
          connection.chunk("data: 1\n\n");
          connection.awaitClosed(10_000);
          connection.close();
        });
  }

  @Test
  void accountErrorsOfTheOperatorAreHiddenWhenSoConfigured() throws Exception {
    restartWith(Map.of("tollgate.relay.redact-account-errors", "true"), 30_000);
    upstream.script(
        (request, connection) ->
            connection.write(ScriptedUpstream.json(402, "{\"user_id\":\"user_operator\"}")));

    assertUnavailable(chat("{}".getBytes(UTF_8)), true);
  }

  @Test
  void extraRequestHeadersPassWhenSoConfigured() throws Exception {
    restartWith(Map.of("tollgate.relay.request-headers", "X-Custom, X-Mock-*"), 30_000);
    HttpRequest request =
        tenant
            .request(tenant.chat())
            .header("X-Custom", "1")
            .header("X-Mock-Events", "2")
            .POST(BodyPublishers.ofString("{}"))
            .build();
    HTTP.send(request, BodyHandlers.ofByteArray());

    Received received = upstream.take();
    assertThat(received.values("X-Custom")).containsExactly("1");
    assertThat(received.values("X-Mock-Events")).containsExactly("2");
  }

  // --- we stop

  @Test
  void aClosingGatewayBreaksOpenStreams() throws Exception {
    upstream.script(
        (request, connection) -> {
          connection.write(ScriptedUpstream.streamHead()).chunk("data: 1\n\n");
          connection.awaitClosed(20_000);
          connection.close();
        });
    try (RawClient client = tenant.connect()) {
      client.send(tenant.chatHead("Content-Length: 2") + "{}");
      client.readUntil("data: 1\n\n");
      gateway.gateway().close();
      assertThat(client.readToEnd()).doesNotEndWith("0\r\n\r\n");
    }
  }

  @Test
  void aClosingGatewayBreaksAStreamThatItsClientDoesNotRead() throws Exception {
    upstream.script(
        (request, connection) -> {
          connection.write(ScriptedUpstream.streamHead());
          byte[] event = ("data: " + "x".repeat(16 << 10) + "\n\n").getBytes(UTF_8);
          try {
            while (true) {
              connection.chunk(event);
            }
          } catch (IOException e) {
            connection.close();
          }
        });
    try (RawClient client = new RawClient(gateway.port(), 64 << 10)) {
      client.send(tenant.chatHead("Content-Length: 2") + "{}");
      client.readUntil("data: ");
      gateway.gateway().close();
      assertThat(gateway.gateway().awaitIdle(Duration.ZERO)).isTrue();
      assertThat(client.readToEnd()).doesNotEndWith("0\r\n\r\n");
    }
  }

  @Test
  void aClosingGatewayBreaksARequestThatIsStillBeingRead() throws Exception {
    try (RawClient client = tenant.connect()) {
      client.send(tenant.chatHead("Content-Length: 7", "Expect: 100-continue"));
      client.readHead(); // The body is being read.
      gateway.gateway().close();
      assertThat(gateway.gateway().awaitIdle(Duration.ZERO)).isTrue();
      assertThat(client.readToEnd()).doesNotContain("200 OK");
    }
    assertThat(upstream.waiting()).isZero();
  }
}
