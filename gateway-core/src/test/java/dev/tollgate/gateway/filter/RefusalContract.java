package dev.tollgate.gateway.filter;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tollgate.gateway.account.ApiKey;
import dev.tollgate.gateway.account.KeyMint.Minted;
import dev.tollgate.gateway.account.SpendingCaps;
import dev.tollgate.gateway.admin.AdminService;
import dev.tollgate.gateway.admin.KeyChange;
import dev.tollgate.gateway.admin.KeySpec;
import dev.tollgate.gateway.admin.LimitsChange;
import dev.tollgate.gateway.testkit.Fate;
import dev.tollgate.gateway.testkit.Fault;
import dev.tollgate.gateway.testkit.HomeContract;
import dev.tollgate.gateway.testkit.RawClient;
import dev.tollgate.gateway.testkit.Tenant;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/** The table of refusals, each with its exact words. Extend it to test a home. */
public abstract class RefusalContract extends HomeContract {
  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private static final String CHAT = Tenant.CHAT;
  private static final String NO_KEY = null;

  private AdminService admin() {
    return tenant.home().admin();
  }

  protected final HttpResponse<String> send(String method, String path, String key)
      throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(tenant.uri(path)).method(method, BodyPublishers.ofString("{}"));
    if (key != null) {
      request.header("X-API-Key", key);
    }
    return HTTP.send(request.build(), BodyHandlers.ofString());
  }

  protected static void assertRefused(
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

  protected final void assertNothingSent() {
    assertThat(upstream.waiting()).isZero();
  }

  // missing_api_key

  @Test
  void aMissingKeyIsRefused() throws Exception {
    assertRefused(
        send("POST", tenant.chatPath(), NO_KEY), 401, "error", "X-API-Key header is required");
    assertRefused(
        send("GET", "/api/v1/models", NO_KEY), 401, "error", "X-API-Key header is required");
    assertNothingSent();
  }

  @Test
  void aBlankKeyIsRefusedAsMissing() throws Exception {
    assertRefused(send("POST", CHAT, "  "), 401, "error", "X-API-Key header is required");
  }

  // project_name_required

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
          "?Project_Name=" + tenant.project()
        }) {
      assertRefused(
          send("POST", CHAT + query, tenant.key()),
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

  // invalid_api_key, invalid_project

  @Test
  void anUnknownKeyIsRefused() throws Exception {
    assertRefused(send("GET", "/api/v1/models", "tg_unknown"), 401, "error", "Invalid API key");
    assertRefused(
        send("POST", tenant.chatPath(), "tg_unknown"),
        401,
        "error",
        "Invalid API key or project name");
  }

  @Test
  void aKeyOfAnotherProjectIsRefusedLikeAnUnknownOne() throws Exception {
    String name = tenant.project();
    Tenant other = Tenant.of(tenant.home(), "1");
    for (String wrong :
        new String[] {
          other.project(),
          "nobody",
          name.toUpperCase(Locale.ROOT),
          name + "%20",
          "%FF",
          "sh%C3%B6p",
          "a%2Fb",
          "a%0D%0Ab",
          "%00",
          "x".repeat(300)
        }) {
      assertRefused(
          send("POST", CHAT + "?project_name=" + wrong, tenant.key()),
          401,
          "error",
          "Invalid API key or project name");
    }
    assertNothingSent();
  }

  @Test
  void aProjectNameWithABrokenEscapeIsNobodys() throws Exception {
    try (RawClient client = tenant.connect()) {
      client.send(
          tenant.head(
              "POST " + tenant.home().contextPath() + CHAT + "?project_name=%zz HTTP/1.1",
              "Content-Length: 0"));
      if (tenant.home().fateOf(Fault.ESCAPE) == Fate.REFUSED) {
        assertThat(client.readToEnd()).startsWith("HTTP/1.1 400").doesNotContain("Malformed");
      } else {
        assertThat(client.readHead()).startsWith("HTTP/1.1 401");
        assertThat(client.readUntil("}}")).contains("Invalid API key or project name");
      }
    }
  }

  @Test
  void repeatedNamesAndKeysPassWhenTheyAgree() throws Exception {
    String escaped = tenant.project().replaceFirst("t", "%74");
    HttpRequest request =
        tenant
            .request(tenant.uri(tenant.chatPath() + "&project_name=" + escaped))
            .header("X-API-Key", " " + tenant.key())
            .POST(BodyPublishers.ofString("{}"))
            .build();
    assertThat(HTTP.send(request, BodyHandlers.ofString()).statusCode()).isEqualTo(200);
  }

  @Test
  void repeatedNamesThatDifferAreNobodys() throws Exception {
    assertRefused(
        send("POST", tenant.chatPath() + "&project_name=other", tenant.key()),
        401,
        "error",
        "Invalid API key or project name");
  }

  @Test
  void repeatedKeysThatDifferAreInvalid() throws Exception {
    HttpRequest get =
        tenant.request(tenant.uri("/api/v1/models")).header("X-API-Key", "tg_other").build();
    assertRefused(HTTP.send(get, BodyHandlers.ofString()), 401, "error", "Invalid API key");
  }

  @Test
  void aRevokedKeyIsRefusedWithinASecond() throws Exception {
    Minted other = admin().createKey(tenant.project(), KeySpec.INFERENCE);
    assertThat(send("GET", "/api/v1/models", other.key().reveal()).statusCode()).isEqualTo(200);

    admin().revokeKey(tenant.project(), other.id());

    assertIsRefusedWithinASecond(other);
  }

  private void assertIsRefusedWithinASecond(Minted key) {
    await()
        .atMost(Duration.ofSeconds(1))
        .untilAsserted(
            () ->
                assertRefused(
                    send("GET", "/api/v1/models", key.key().reveal()),
                    401,
                    "error",
                    "Invalid API key"));
  }

  @Test
  void aDisabledKeyIsRefusedUntilItIsEnabled() throws Exception {
    Minted other = admin().createKey(tenant.project(), KeySpec.INFERENCE);
    assertThat(send("GET", "/api/v1/models", other.key().reveal()).statusCode()).isEqualTo(200);

    disable(other, true);
    assertIsRefusedWithinASecond(other);

    disable(other, false);
    await()
        .atMost(Duration.ofSeconds(1))
        .until(() -> send("GET", "/api/v1/models", other.key().reveal()).statusCode() == 200);
  }

  private void disable(Minted key, boolean disabled) {
    admin()
        .configureKey(
            tenant.project(), key.id(), new KeyChange(null, null, disabled, LimitsChange.NONE));
  }

  @Test
  void anExpiredKeyIsRefused() throws Exception {
    Minted brief =
        admin()
            .createKey(
                tenant.project(),
                new KeySpec(ApiKey.Kind.INFERENCE, Duration.ofMillis(1), SpendingCaps.NONE));
    assertIsRefusedWithinASecond(brief);
  }

  @Test
  void aDisabledProjectIsRefusedWithinASecondAndServedAgainWhenEnabled() throws Exception {
    assertThat(send("POST", tenant.chatPath(), tenant.key()).statusCode()).isEqualTo(200);
    admin().setEnabled(tenant.project(), false);
    await()
        .atMost(Duration.ofSeconds(1))
        .pollInterval(Duration.ofMillis(50))
        .untilAsserted(
            () ->
                assertRefused(
                    send("POST", tenant.chatPath(), tenant.key()),
                    403,
                    "error",
                    "LLM service is disabled for this project"));
    admin().setEnabled(tenant.project(), true);
    await()
        .atMost(Duration.ofSeconds(1))
        .until(() -> send("POST", tenant.chatPath(), tenant.key()).statusCode() == 200);
  }

  // insufficient_credits

  @Test
  void aProjectWithoutBalanceIsRefusedOnMeteredRoutesOnly() throws Exception {
    Tenant poor = Tenant.of(tenant.home(), "0");
    assertRefused(
        send("POST", poor.chatPath(), poor.key()),
        403,
        "error",
        "Insufficient balance, please recharge to continue using LLM service");
    assertNothingSent();
    assertThat(send("GET", "/api/v1/models", poor.key()).statusCode()).isEqualTo(200);
  }

  @Test
  void aCreditIsSeenAtOnceByAProjectThatWasRefused() throws Exception {
    Tenant poor = Tenant.of(tenant.home(), "0");
    send("POST", poor.chatPath(), poor.key());

    poor.setBalance("0.000000001");

    assertThat(send("POST", poor.chatPath(), poor.key()).statusCode()).isEqualTo(200);
  }

  @Test
  void aCorrectionToNothingIsSeenWithinASecond() throws Exception {
    assertThat(send("POST", tenant.chatPath(), tenant.key()).statusCode()).isEqualTo(200);
    tenant.setBalance("0");
    await()
        .atMost(Duration.ofSeconds(1))
        .until(() -> send("POST", tenant.chatPath(), tenant.key()).statusCode() == 403);
  }

  // unavailable

  @Test
  void aLedgerThatCannotBeWrittenIsUnavailable() throws Exception {
    try (Connection other = DriverManager.getConnection("jdbc:sqlite:" + tenant.home().database());
        Statement statement = other.createStatement()) {
      statement.execute("BEGIN IMMEDIATE");
      HttpResponse<String> refused = send("POST", tenant.chatPath(), tenant.key());
      statement.execute("ROLLBACK");

      assertRefused(refused, 503, "error", "Service temporarily unavailable");
      assertThat(refused.headers().firstValue("Retry-After")).isPresent();
    }
    assertNothingSent();
  }

  // not_found, method_not_allowed

  @Test
  void anUnknownPathIsNamedInTheRefusal() throws Exception {
    for (String path : new String[] {"/api/v1/models/user", "/api/v1/messages/batches/1/x"}) {
      String shown = tenant.home().contextPath() + path;
      assertThat(send("GET", path, tenant.key()).body()).contains("Not found: GET " + shown + "\"");
    }
    assertNothingSent();
  }

  @Test
  void theRouteThatWasProbablyMeantIsNamed() throws Exception {
    String context = tenant.home().contextPath();
    for (String path :
        new String[] {"/api/v1/models/", "/api/v1/Models", "/api/v1/model", "/api/v1/%6Dodel"}) {
      assertRefused(
          send("GET", path + "?q=secret", tenant.key()),
          404,
          "error",
          "Not found: GET " + context + path + " (did you mean " + context + "/api/v1/models?)");
    }
    assertNothingSent();
  }

  @Test
  void aPathParameterIsNotFound() throws Exception {
    HttpResponse<String> answer = send("GET", "/api/v1/models;a=b", tenant.key());
    assertThat(answer.statusCode()).isEqualTo(404);
    assertThat(answer.body()).contains("Not found: GET ");
    assertNothingSent();
  }

  @Test
  void anEscapedSegmentIsDecodedBeforeItIsMatched() throws Exception {
    for (String path :
        new String[] {"/api/v1/models/x/gift%3Afree/endpoints", "/api/v1/model/x/gift%3afree"}) {
      assertThat(send("GET", path, tenant.key()).statusCode()).isEqualTo(200);
      assertThat(upstream.take().target()).isEqualTo(path.replaceAll("%3[Aa]", ":"));
    }
  }

  // upgrade_required

  @Test
  void aWebSocketOfARelayedRouteIsToldToUseHttp() throws Exception {
    for (String route : new String[] {"GET /api/v1/responses", "GET /api/v1/models"}) {
      try (RawClient client = tenant.connect()) {
        client.send(
            tenant.head(
                route.replace(" ", " " + tenant.home().contextPath()) + " HTTP/1.1",
                "Connection: keep-alive, Upgrade",
                "Upgrade: websocket",
                "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Key: AAECAwQFBgcICQoLDA0ODw=="));
        String head = client.readHead();
        assertThat(head).startsWith("HTTP/1.1 426").containsIgnoringCase("\r\nUpgrade: HTTP/1.1");
        assertThat(client.readBody(head))
            .isEqualTo(
                "{\"code\":426,\"msg\":\"error\",\"data\":{\"error\":"
                    + "\"WebSocket is not supported, use HTTP\"}}");
      }
    }
    assertNothingSent();
  }

  @Test
  void anUpgradeToSomethingElseIsIgnored() throws Exception {
    try (RawClient client = tenant.connect()) {
      client.send(
          tenant.head(
              "GET " + tenant.home().contextPath() + "/api/v1/models HTTP/1.1",
              "Connection: Upgrade",
              "Upgrade: carrier-pigeon"));
      assertThat(client.readHead()).startsWith("HTTP/1.1 200");
    }
  }

  @Test
  void aWrongMethodIsRefusedWithTheRightOnes() throws Exception {
    HttpResponse<String> get = send("GET", CHAT, tenant.key());
    assertRefused(get, 405, "error", "Method not allowed");
    assertThat(get.headers().firstValue("Allow")).contains("POST, OPTIONS");

    HttpResponse<String> delete = send("DELETE", "/api/v1/models", tenant.key());
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
    try (RawClient client = tenant.connect()) {
      String path = tenant.home().contextPath() + "/api/v1/";
      client.send("HEAD " + path + "models HTTP/1.1\r\nHost: x\r\n\r\n");
      assertThat(client.readHead()).startsWith("HTTP/1.1 401");
      client.send("GET " + path + "nothing HTTP/1.1\r\nHost: x\r\n\r\n");
      assertThat(client.readHead()).startsWith("HTTP/1.1 404");
    }
  }

  // malformed_request

  private void assertMalformed(Fault fault, String what, String request) throws Exception {
    assertMalformed(fault, what, client -> client.send(request));
  }

  private void assertMalformed(Fault fault, String what, Sending sending) throws Exception {
    try (RawClient client = tenant.connect()) {
      sending.by(client);
      switch (tenant.home().fateOf(fault)) {
        case SEEN -> {
          String head = client.readHead();
          assertThat(head).startsWith("HTTP/1.1 400");
          assertThat(client.readBody(head))
              .isEqualTo(
                  "{\"code\":400,\"msg\":\"invalid params\",\"data\":{\"error\":\"Malformed"
                      + " request: "
                      + what
                      + "\"}}");
        }
        case REFUSED ->
            assertThat(client.readToEnd())
                .containsPattern("\\AHTTP/1.1 (400|501)")
                .doesNotContain("Malformed");
        case CUT_OFF -> assertThat(client.readToEnd()).isEmpty();
        case REPAIRED -> assertThat(client.readHead()).startsWith("HTTP/1.1 200");
      }
    }
    if (tenant.home().fateOf(fault) != Fate.REPAIRED) {
      assertNothingSent();
    }
  }

  private interface Sending {
    void by(RawClient client) throws IOException;
  }

  private String models(String query) {
    return tenant.head(
        "GET " + tenant.home().contextPath() + "/api/v1/models?" + query + " HTTP/1.1");
  }

  @Test
  void aMalformedQueryIsRefused() throws Exception {
    for (String query : new String[] {"%zz=1", "a=%F"}) {
      assertMalformed(Fault.ESCAPE, "query", models(query));
    }
    for (String query : new String[] {"a=%FF", "%FF=1"}) {
      assertMalformed(Fault.NOT_UTF_8, "query", models(query));
    }
  }

  @Test
  void aQueryWithWhatNoUriHasIsRefused() throws Exception {
    for (String query : new String[] {"a=b|c", "a={b}", "a=\"b\""}) {
      assertMalformed(Fault.QUERY_CHARACTER, "query", models(query));
    }
  }

  @Test
  void halfARequestIsNotSent() throws Exception {
    assertMalformed(
        Fault.HALF_A_BODY,
        "body",
        client -> {
          client.send(tenant.chatHead("Content-Length: 10") + "{\"a\"");
          client.shutdownOutput();
        });
  }

  @Test
  void brokenChunksAreRefused() throws Exception {
    assertMalformed(
        Fault.BROKEN_CHUNK,
        "body",
        tenant.chatHead("Transfer-Encoding: chunked") + "zz\r\nhello\r\n");
  }

  /** A chat, but for what these header lines say of its framing and its host. */
  private String oddChat(String rest) {
    String path = tenant.home().contextPath() + tenant.chatPath();
    return "POST " + path + " HTTP/1.1\r\nX-API-Key: " + tenant.key() + "\r\n" + rest;
  }

  @Test
  void aLengthBesideChunksIsRefused() throws Exception {
    assertMalformed(
        Fault.TWO_FRAMINGS,
        "Content-Length with Transfer-Encoding",
        oddChat(
            "Host: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "2\r\n{}\r\n0\r\n\r\n"));
  }

  @Test
  void twoLengthsAreRefused() throws Exception {
    assertMalformed(
        Fault.TWO_LENGTHS,
        "Content-Length",
        oddChat("Host: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}x"));
  }

  @Test
  void aCodingThatIsNearlyChunkedIsRefused() throws Exception {
    assertMalformed(
        Fault.ODD_CODING,
        "Transfer-Encoding",
        oddChat("Host: x\r\nTransfer-Encoding: xchunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"));
  }

  @Test
  void aRequestWithoutAHostIsRefused() throws Exception {
    assertMalformed(Fault.NO_HOST, "Host", oddChat("Content-Length: 2\r\n\r\n{}"));
  }

  @Test
  void twoHostsAreRefused() throws Exception {
    assertMalformed(
        Fault.TWO_HOSTS, "Host", oddChat("Host: x\r\nHost: y\r\nContent-Length: 2\r\n\r\n{}"));
  }

  @Test
  void aVeryLongIdempotencyKeyIsRefused() throws Exception {
    HttpRequest request =
        tenant
            .request(tenant.chat())
            .header("Idempotency-Key", "k".repeat(256))
            .POST(BodyPublishers.ofString("{}"))
            .build();
    assertRefused(
        HTTP.send(request, BodyHandlers.ofString()),
        400,
        "invalid params",
        "Malformed request: Idempotency-Key");
    assertNothingSent();
  }

  @Test
  void aFormBodyIsNotReadAsParameters() throws Exception {
    HttpRequest request =
        tenant
            .request(tenant.chat())
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(BodyPublishers.ofString("project_name=other"))
            .build();
    assertThat(HTTP.send(request, BodyHandlers.ofString()).statusCode()).isEqualTo(200);
    assertThat(new String(upstream.take().body(), UTF_8)).isEqualTo("project_name=other");
  }

  // duplicate_request

  @Test
  void aRepeatedIdempotencyKeyIsRefused() throws Exception {
    HttpRequest request =
        tenant
            .request(tenant.chat())
            .header("Idempotency-Key", "order 1")
            .POST(BodyPublishers.ofString("{}"))
            .build();
    assertThat(HTTP.send(request, BodyHandlers.ofString()).statusCode()).isEqualTo(200);
    upstream.forget();

    HttpResponse<String> repeated = HTTP.send(request, BodyHandlers.ofString());

    assertThat(repeated.statusCode()).isEqualTo(409);
    assertThat(repeated.body())
        .matches(
            "\\{\"code\":409,\"msg\":\"error\",\"data\":\\{\"error\":\"Duplicate request:"
                + " req_[0-9a-f]{32}\"}}");
    assertThat(repeated.headers().firstValue("x-should-retry")).contains("false");
    assertNothingSent();
  }
}
