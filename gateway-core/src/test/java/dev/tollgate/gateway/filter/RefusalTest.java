package dev.tollgate.gateway.filter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.testkit.Home;
import dev.tollgate.gateway.testkit.RawClient;
import dev.tollgate.gateway.testkit.RunningGateway;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import dev.tollgate.gateway.testkit.Tenant;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The refusals in Jetty, in this process: the contract, and what takes the gateway itself. */
class RefusalTest extends RefusalContract {
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

  @AfterEach
  void stop() throws Exception {
    gateway.close();
    upstream.close();
  }

  // not_configured

  @Test
  void aProjectWithoutAnyUpstreamKeyIsRefused() throws Exception {
    gateway.close();
    gateway =
        RunningGateway.start(
            Files.createDirectory(directory.resolve("b")),
            upstream.baseUrl(),
            Map.of("tollgate.upstream.key", ""),
            30_000);
    tenant = Tenant.of(gateway, "1");
    assertRefused(
        send("POST", tenant.chatPath(), tenant.key()),
        400,
        "invalid params",
        "LLM service not configured for this project");
    assertNothingSent();
  }

  // unavailable

  @Test
  void aDrainingGatewayRefusesNewRequestsAndFinishesOpenOnes() throws Exception {
    CountDownLatch drained = new CountDownLatch(1);
    upstream.script(
        (request, connection) -> {
          connection.write(ScriptedUpstream.streamHead()).chunk("data: 1\n\n");
          drained.await();
          connection.chunk("data: 2\n\n").lastChunk();
        });
    try (RawClient client = tenant.connect()) {
      client.send(tenant.chatHead("Content-Length: 2") + "{}");
      client.readUntil("data: 1\n\n");

      gateway.gateway().drain();
      HttpResponse<String> refused = send("GET", "/api/v1/models", tenant.key());
      assertRefused(refused, 503, "error", "Service temporarily unavailable");
      assertThat(refused.headers().firstValue("Retry-After")).isPresent();

      drained.countDown();
      assertThat(client.readUntil("0\r\n\r\n")).contains("data: 2\n\n");
    }
    assertThat(gateway.gateway().awaitIdle(Duration.ofSeconds(5))).isTrue();
  }
}
