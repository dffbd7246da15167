package dev.tollgate.gateway.filter;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tollgate.gateway.account.KeyMint.Minted;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.testkit.RawClient;
import dev.tollgate.gateway.testkit.RunningGateway;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The table of refusals, each row with its exact words. */
class RefusalTest {
  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private static final String CHAT = "/api/v1/chat/completions";
  private static final String NO_KEY = null;

  @TempDir Path directory;
  private final ScriptedUpstream upstream = new ScriptedUpstream();
  private RunningGateway gateway;

  @BeforeEach
  void start() throws Exception {
    gateway = RunningGateway.start(directory, upstream.baseUrl());
  }

  @AfterEach
  void stop() throws Exception {
    gateway.close();
    upstream.close();
  }

  private HttpResponse<String> send(String method, String path, String key) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(gateway.uri(path)).method(method, BodyPublishers.ofString("{}"));
    if (key != null) {
      request.header("X-API-Key", key);
    }
    return HTTP.send(request.build(), BodyHandlers.ofString());
  }

  private static void assertRefused(
      HttpResponse<String> response, int status, String msg, String error) {
    assertThat(response.body())
        .isEqualTo(
            "{\"code\":"
                + status
                + ",\"msg\":\""
                + msg
                + "\",\"data\":{\"error\":\""
                + error
                + "\"}}");
    assertThat(response.statusCode()).isEqualTo(status);
    assertThat(response.headers().firstValue("Content-Type")).contains("application/json");
    assertThat(response.headers().firstValue("X-Request-Id").orElse(""))
        .matches("req_[0-9a-f]{32}");
  }

  private void assertNothingSent() {
    assertThat(upstream.waiting()).isZero();
  }

  // row 2

  @Test
  void aMissingKeyIsRefused() throws Exception {
    assertRefused(
        send("POST", CHAT + "?project_name=shop", NO_KEY),
        401,
        "error",
        "X-API-Key header is required");
    assertRefused(
        send("GET", "/api/v1/models", NO_KEY), 401, "error", "X-API-Key header is required");
    assertNothingSent();
  }

  @Test
  void aBlankKeyIsRefusedAsMissing() throws Exception {
    assertRefused(send("POST", CHAT, "  "), 401, "error", "X-API-Key header is required");
  }

  // row 3

  @Test
  void aMissingOrBlankProjectNameIsRefused() throws Exception {
    for (String query :
        new String[] {
          "",
          "?",
          "?project_name",
          "?project_name=",
          "?project_name=%20+",
          "?project_name=&project_name=+",
          "?Project_Name=shop"
        }) {
      assertRefused(
          send("POST", CHAT + query, gateway.key()),
          400,
          "invalid params",
          "project_name is required");
    }
    assertNothingSent();
  }

  @Test
  void theProjectNameIsAskedForBeforeTheKeyIsLookedUp() throws Exception {
    assertRefused(
        send("POST", CHAT, "tg_unknown"), 400, "invalid params", "project_name is required");
  }

  // rows 4 and 5

  @Test
  void anUnknownKeyIsRefused() throws Exception {
    assertRefused(send("GET", "/api/v1/models", "tg_unknown"), 401, "error", "Invalid API key");
    assertRefused(
        send("POST", CHAT + "?project_name=shop", "tg_unknown"),
        401,
        "error",
        "Invalid API key or project name");
  }

  @Test
  void aKeyOfAnotherProjectIsRefusedLikeAnUnknownOne() throws Exception {
    gateway.gateway().admin().createProject("other", Money.parse("1"), null);
    for (String name :
        new String[] {
          "other",
          "nobody",
          "Shop",
          "shop%20",
          "%FF",
          "%zz",
          "sh%C3%B6p",
          "a%2Fb",
          "a%0D%0Ab",
          "%00",
          "x".repeat(300)
        }) {
      assertRefused(
          send(
              "POST", CHAT + "?project_name=" + (name.equals("%zz") ? "%FF" : name), gateway.key()),
          401,
          "error",
          "Invalid API key or project name");
    }
    assertNothingSent();
  }

  @Test
  void aProjectNameWithABrokenEscapeIsNobodys() throws Exception {
    try (RawClient client = new RawClient(gateway.port())) {
      client.send(
          "POST "
              + CHAT
              + "?project_name=%zz HTTP/1.1\r\nHost: x\r\nX-API-Key: "
              + gateway.key()
              + "\r\nContent-Length: 0\r\n\r\n");
      assertThat(client.readHead()).startsWith("HTTP/1.1 401");
      assertThat(client.readUntil("}}")).contains("Invalid API key or project name");
    }
  }

  @Test
  void repeatedNamesAndKeysPassWhenTheyAgree() throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(gateway.uri(CHAT + "?project_name=shop&project_name=%73hop"))
            .header("X-API-Key", gateway.key())
            .header("X-API-Key", " " + gateway.key())
            .POST(BodyPublishers.ofString("{}"))
            .build();
    assertThat(HTTP.send(request, BodyHandlers.ofString()).statusCode()).isEqualTo(200);
  }

  @Test
  void repeatedNamesThatDifferAreNobodys() throws Exception {
    assertRefused(
        send("POST", CHAT + "?project_name=shop&project_name=other", gateway.key()),
        401,
        "error",
        "Invalid API key or project name");
  }

  @Test
  void repeatedKeysThatDifferAreInvalid() throws Exception {
    HttpRequest get =
        HttpRequest.newBuilder(gateway.uri("/api/v1/models"))
            .header("X-API-Key", gateway.key())
            .header("X-API-Key", "tg_other")
            .build();
    assertRefused(HTTP.send(get, BodyHandlers.ofString()), 401, "error", "Invalid API key");
  }

  @Test
  void aRevokedKeyIsRefusedWithinASecond() throws Exception {
    Minted other = gateway.gateway().admin().createKey("shop", null);
    assertThat(send("GET", "/api/v1/models", other.key().reveal()).statusCode()).isEqualTo(200);

    gateway.gateway().admin().revokeKey("shop", other.id());

    await()
        .atMost(Duration.ofSeconds(1))
        .pollInterval(Duration.ofMillis(50))
        .untilAsserted(
            () ->
                assertRefused(
                    send("GET", "/api/v1/models", other.key().reveal()),
                    401,
                    "error",
                    "Invalid API key"));
  }

  @Test
  void anExpiredKeyIsRefused() throws Exception {
    Minted brief = gateway.gateway().admin().createKey("shop", Duration.ofMillis(1));
    await()
        .atMost(Duration.ofSeconds(1))
        .untilAsserted(
            () ->
                assertRefused(
                    send("GET", "/api/v1/models", brief.key().reveal()),
                    401,
                    "error",
                    "Invalid API key"));
  }

  // rows 6 and 7

  @Test
  void aProjectWithoutAnyUpstreamKeyIsRefused() throws Exception {
    gateway.close();
    gateway =
        RunningGateway.start(
            java.nio.file.Files.createDirectory(directory.resolve("b")),
            upstream.baseUrl(),
            Map.of("tollgate.upstream.key", ""),
            30_000);
    assertRefused(
        send("POST", CHAT + "?project_name=shop", gateway.key()),
        400,
        "invalid params",
        "LLM service not configured for this project");
    assertNothingSent();
  }

  @Test
  void aDisabledProjectIsRefusedWithinASecondAndServedAgainWhenEnabled() throws Exception {
    assertThat(send("POST", CHAT + "?project_name=shop", gateway.key()).statusCode())
        .isEqualTo(200);
    gateway.gateway().admin().setEnabled("shop", false);
    await()
        .atMost(Duration.ofSeconds(1))
        .pollInterval(Duration.ofMillis(50))
        .untilAsserted(
            () ->
                assertRefused(
                    send("POST", CHAT + "?project_name=shop", gateway.key()),
                    403,
                    "error",
                    "LLM service is disabled for this project"));
    gateway.gateway().admin().setEnabled("shop", true);
    await()
        .atMost(Duration.ofSeconds(1))
        .until(() -> send("POST", CHAT + "?project_name=shop", gateway.key()).statusCode() == 200);
  }

  // row 9

  @Test
  void aProjectWithoutBalanceIsRefusedOnMeteredRoutesOnly() throws Exception {
    Minted poor = gateway.gateway().admin().createProject("poor", Money.ZERO, null);
    assertRefused(
        send("POST", CHAT + "?project_name=poor", poor.key().reveal()),
        403,
        "error",
        "Insufficient balance, please recharge to continue using LLM service");
    assertNothingSent();
    assertThat(send("GET", "/api/v1/models", poor.key().reveal()).statusCode()).isEqualTo(200);
  }

  @Test
  void aCreditIsSeenAtOnceByAProjectThatWasRefused() throws Exception {
    Minted poor = gateway.gateway().admin().createProject("poor", Money.ZERO, null);
    send("POST", CHAT + "?project_name=poor", poor.key().reveal());

    gateway.gateway().admin().credit("poor", Money.parse("0.000000001"), "", null);

    assertThat(send("POST", CHAT + "?project_name=poor", poor.key().reveal()).statusCode())
        .isEqualTo(200);
  }

  @Test
  void aCorrectionToNothingIsSeenWithinASecond() throws Exception {
    assertThat(send("POST", CHAT + "?project_name=shop", gateway.key()).statusCode())
        .isEqualTo(200);
    gateway.setBalance("0");
    await()
        .atMost(Duration.ofSeconds(1))
        .until(() -> send("POST", CHAT + "?project_name=shop", gateway.key()).statusCode() == 403);
  }

  // row 12

  @Test
  void aDrainingGatewayRefusesNewRequestsAndFinishesOpenOnes() throws Exception {
    CountDownLatch drained = new CountDownLatch(1);
    upstream.script(
        (request, connection) -> {
          connection.write(ScriptedUpstream.streamHead()).chunk("data: 1\n\n");
          drained.await();
          connection.chunk("data: 2\n\n").lastChunk();
        });
    try (RawClient client = new RawClient(gateway.port())) {
      client.send(gateway.chatHead("Content-Length: 2") + "{}");
      client.readUntil("data: 1\n\n");

      gateway.gateway().drain();
      HttpResponse<String> refused = send("GET", "/api/v1/models", gateway.key());
      assertRefused(refused, 503, "error", "Service temporarily unavailable");
      assertThat(refused.headers().firstValue("Retry-After")).isPresent();

      drained.countDown();
      assertThat(client.readUntil("0\r\n\r\n")).contains("data: 2\n\n");
    }
    assertThat(gateway.gateway().awaitIdle(Duration.ofSeconds(5))).isTrue();
  }

  // rows 14 and 15

  @Test
  void anUnknownPathIsNotFound() throws Exception {
    for (String path :
        new String[] {
          "/api/v1/models/user",
          "/api/v1/models/",
          "/api/v1/Models",
          "/api/v1/%6Dodels",
          "/api/v1/models;a=b",
          "/api/v1/chat"
        }) {
      assertRefused(send("GET", path, gateway.key()), 404, "error", "Not found");
    }
    assertNothingSent();
  }

  @Test
  void aWrongMethodIsRefusedWithTheRightOnes() throws Exception {
    HttpResponse<String> get = send("GET", CHAT, gateway.key());
    assertRefused(get, 405, "error", "Method not allowed");
    assertThat(get.headers().firstValue("Allow")).contains("POST, OPTIONS");

    HttpResponse<String> delete = send("DELETE", "/api/v1/models", gateway.key());
    assertRefused(delete, 405, "error", "Method not allowed");
    assertThat(delete.headers().firstValue("Allow")).contains("GET, HEAD, OPTIONS");
  }

  @Test
  void optionsAreTold() throws Exception {
    HttpResponse<String> options = send("OPTIONS", CHAT, NO_KEY);
    assertThat(options.statusCode()).isEqualTo(204);
    assertThat(options.body()).isEmpty();
    assertThat(options.headers().firstValue("Allow")).contains("POST, OPTIONS");
  }

  @Test
  void aRefusedHeadHasNoBody() throws Exception {
    try (RawClient client = new RawClient(gateway.port())) {
      client.send("HEAD /api/v1/models HTTP/1.1\r\nHost: x\r\n\r\n");
      assertThat(client.readHead()).startsWith("HTTP/1.1 401");
      client.send("GET /api/v1/nothing HTTP/1.1\r\nHost: x\r\n\r\n");
      assertThat(client.readHead()).startsWith("HTTP/1.1 404");
    }
  }

  // row 16

  @Test
  void aMalformedQueryIsRefused() throws Exception {
    for (String query :
        new String[] {"%zz=1", "a=%F", "a=%FF", "%FF=1", "a=b|c", "a={b}", "a=\"b\""}) {
      try (RawClient client = new RawClient(gateway.port())) {
        client.send(
            "GET /api/v1/models?"
                + query
                + " HTTP/1.1\r\nHost: x\r\nX-API-Key: "
                + gateway.key()
                + "\r\n\r\n");
        assertThat(client.readHead()).startsWith("HTTP/1.1 400");
        assertThat(client.readUntil("}}"))
            .isEqualTo(
                "{\"code\":400,\"msg\":\"invalid params\",\"data\":{\"error\":\"Malformed request: query\"}}");
      }
    }
    assertNothingSent();
  }

  @Test
  void aFormBodyIsNotReadAsParameters() throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(gateway.uri(CHAT + "?project_name=shop"))
            .header("X-API-Key", gateway.key())
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(BodyPublishers.ofString("project_name=other"))
            .build();
    assertThat(HTTP.send(request, BodyHandlers.ofString()).statusCode()).isEqualTo(200);
    assertThat(new String(upstream.take().body(), UTF_8)).isEqualTo("project_name=other");
  }
}
