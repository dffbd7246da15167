package dev.tollgate.gateway.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tollgate.gateway.account.Secret;
import dev.tollgate.gateway.metrics.GatewayMetrics;
import dev.tollgate.gateway.testkit.LogCapture;
import dev.tollgate.gateway.testkit.RunningGateway;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import dev.tollgate.gateway.testkit.Tenant;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is done about an upstream that cannot be reached, or that does not want the operator. */
class UpstreamTroubleTest {
  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  @TempDir Path directory;
  private final List<String> told = new CopyOnWriteArrayList<>();
  private final LogCapture log = new LogCapture();
  private ScriptedUpstream upstream;
  private Runnable onRetry = () -> {};
  private RunningGateway gateway;
  private Tenant tenant;
  private int port;

  private final GatewayMetrics metrics =
      new GatewayMetrics() {
        @Override
        public void upstreamRetried() {
          told.add("retried");
          onRetry.run();
        }

        @Override
        public void upstreamCircuitChanged(boolean open) {
          told.add(open ? "open" : "closed");
        }

        @Override
        public void operatorAccountRefused(int status) {
          told.add("account " + status);
        }
      };

  @BeforeEach
  void start() throws Exception {
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    gateway =
        RunningGateway.start(
            directory,
            URI.create("http://127.0.0.1:" + port + "/api/v1"),
            // Not a call of its own that would be counted with the others.
            Map.of("tollgate.prices.refresh", "1d"),
            metrics);
    tenant = Tenant.of(gateway, "1000");
  }

  @AfterEach
  void stop() throws Exception {
    log.close();
    gateway.close();
    if (upstream != null) {
      upstream.close();
      assertThat(upstream.failures()).isEmpty();
    }
  }

  /** From now on there is an upstream. */
  private void appear() {
    upstream = new ScriptedUpstream(port);
    upstream.script(
        (request, connection) -> connection.write(ScriptedUpstream.json(200, "{\"id\":\"x\"}")));
  }

  private static HttpResponse<String> chat(Tenant who) throws Exception {
    return HTTP.send(
        who.request(who.chat()).POST(BodyPublishers.ofString("{\"model\":\"a/b\"}")).build(),
        BodyHandlers.ofString());
  }

  private void assertUnavailableAndFree(HttpResponse<String> answer) {
    assertThat(answer.statusCode()).isEqualTo(502);
    assertThat(answer.headers().firstValue("x-should-retry")).isEmpty();
    assertThat(answer.body()).contains("LLM service unavailable");
    await().until(() -> gateway.balance().loaned().nanos() == 0);
  }

  @Test
  void aConnectionThatFailsIsTriedOnceMore() throws Exception {
    onRetry = this::appear;
    assertThat(chat(tenant).statusCode()).isEqualTo(200);
    assertThat(new String(upstream.take().body(), java.nio.charset.StandardCharsets.UTF_8))
        .isEqualTo("{\"model\":\"a/b\"}");
    assertThat(told).containsExactly("retried");
  }

  @Test
  void itIsTriedNoMoreThanOnce() throws Exception {
    assertUnavailableAndFree(chat(tenant));
    assertThat(told).containsExactly("retried");
  }

  @Test
  void aRequestThatTheUpstreamMayHaveIsNotSentAgain() throws Exception {
    appear();
    upstream.script((request, connection) -> connection.close());
    assertThat(chat(tenant).headers().firstValue("x-should-retry")).contains("false");
    assertThat(upstream.connections()).isEqualTo(1);
    assertThat(told).isEmpty();
  }

  @Test
  void anUpstreamThatCannotBeReachedIsNotAskedUntilItMayBeBack() throws Exception {
    for (int i = 0; i < 3; i++) {
      assertUnavailableAndFree(chat(tenant));
    }
    assertThat(told).containsExactly("retried", "retried", "open");
    appear();
    // The next is refused without a look; a second after the last failure one is let through.
    assertUnavailableAndFree(chat(tenant));
    assertThat(upstream.connections()).isZero();
    await().until(() -> chat(tenant).statusCode() == 200);
    assertThat(chat(tenant).statusCode()).isEqualTo(200);
    assertThat(told).containsExactly("retried", "retried", "open", "closed");
    assertThat(log.lines()).anyMatch(line -> line.contains("The upstream cannot be reached"));
  }

  @Test
  void anUpstreamThatBreaksOffCanBeReached() throws Exception {
    appear();
    upstream.script((request, connection) -> connection.close());
    for (int i = 0; i < 10; i++) {
      assertThat(chat(tenant).statusCode()).isEqualTo(502);
    }
    assertThat(told).isEmpty();
    assertThat(upstream.connections()).isEqualTo(10);
  }

  @Test
  void theOperatorIsToldLoudlyThatItsAccountIsRefused() throws Exception {
    appear();
    for (int status : List.of(401, 401, 402)) {
      upstream.script(
          (request, connection) -> connection.write(ScriptedUpstream.json(status, "{}")));
      assertThat(chat(tenant).statusCode()).isEqualTo(status);
    }
    await().until(() -> told.equals(List.of("account 401", "account 401", "account 402")));
    // Of the same minute, once.
    assertThat(log.lines())
        .filteredOn(line -> line.contains("SEVERE: THE UPSTREAM DOES NOT ACCEPT THE OPERATOR'S"))
        .hasSize(1);
  }

  @Test
  void aProjectsOwnAccountIsTheProjectsAffair() throws Exception {
    appear();
    Tenant own = Tenant.of(gateway, "10", Secret.of("sk-or-v1-its-own"));
    upstream.script((request, connection) -> connection.write(ScriptedUpstream.json(402, "{}")));
    assertThat(chat(own).statusCode()).isEqualTo(402);
    assertThat(told).isEmpty();
  }
}
