package dev.tollgate.gateway.filter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.testkit.RunningGateway;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import dev.tollgate.gateway.testkit.Tenant;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rates of requests, over HTTP. */
class RateLimitTest {
  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  @TempDir Path directory;
  private final ScriptedUpstream upstream = new ScriptedUpstream();
  private RunningGateway gateway;

  private void start(String rate) throws Exception {
    gateway =
        RunningGateway.start(
            directory, upstream.baseUrl(), Map.of("tollgate.limits.rate", rate), 30_000);
  }

  @AfterEach
  void stop() throws Exception {
    gateway.close();
    upstream.close();
  }

  private HttpResponse<String> get(Tenant tenant, String path) throws Exception {
    return HTTP.send(
        HttpRequest.newBuilder(tenant.uri(path)).header("X-API-Key", tenant.key()).build(),
        BodyHandlers.ofString());
  }

  @Test
  void whoAsksTooOftenIsToldWhenToComeAgain() throws Exception {
    start("2/m");
    Tenant tenant = Tenant.of(gateway, "1");
    assertThat(get(tenant, "/api/v1/models").statusCode()).isEqualTo(200);
    assertThat(get(tenant, "/api/v1/models").statusCode()).isEqualTo(200);
    upstream.reset();

    HttpResponse<String> refused = get(tenant, "/api/v1/models");

    assertThat(refused.statusCode()).isEqualTo(429);
    assertThat(refused.body())
        .isEqualTo(
            "{\"code\":429,\"msg\":\"error\","
                + "\"data\":{\"error\":\"Rate limit exceeded, please retry later\"}}");
    long seconds = Long.parseLong(refused.headers().firstValue("Retry-After").orElse(""));
    long millis = Long.parseLong(refused.headers().firstValue("Retry-After-Ms").orElse(""));
    assertThat(seconds).isBetween(20L, 30L);
    assertThat(millis).isBetween((seconds - 1) * 1000, seconds * 1000);
    assertThat(upstream.waiting()).isZero();
  }

  @Test
  void oneProjectDoesNotSpendAnothersRate() throws Exception {
    start("1/m");
    Tenant first = Tenant.of(gateway, "1");
    Tenant second = Tenant.of(gateway, "1");
    assertThat(get(first, "/api/v1/models").statusCode()).isEqualTo(200);
    assertThat(get(first, "/api/v1/models").statusCode()).isEqualTo(429);
    assertThat(get(second, "/api/v1/models").statusCode()).isEqualTo(200);
  }

  @Test
  void whatTheGatewayAnswersByItselfIsNotCounted() throws Exception {
    start("1/m");
    Tenant tenant = Tenant.of(gateway, "1");
    for (int i = 0; i < 5; i++) {
      assertThat(get(tenant, "/api/v1/credits").statusCode()).isEqualTo(200);
    }
    assertThat(get(tenant, "/api/v1/models").statusCode()).isEqualTo(200);
  }

  @Test
  void byCreditWhoHasMoreMayAskMoreOften() throws Exception {
    start("by-credit");
    Tenant poor = Tenant.of(gateway, "0.50");
    Tenant rich = Tenant.of(gateway, "400");
    assertThat(get(poor, "/api/v1/models").statusCode()).isEqualTo(200);
    assertThat(get(poor, "/api/v1/models").statusCode()).isEqualTo(429);
    for (int i = 0; i < 50; i++) {
      assertThat(get(rich, "/api/v1/models").statusCode()).isEqualTo(200);
    }
  }
}
