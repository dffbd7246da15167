package dev.tollgate.gateway.filter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tollgate.gateway.account.KeyMint.Minted;
import dev.tollgate.gateway.account.Secret;
import dev.tollgate.gateway.admin.KeySpec;
import dev.tollgate.gateway.testkit.RawClient;
import dev.tollgate.gateway.testkit.RunningGateway;
import dev.tollgate.gateway.testkit.SharedGateway;
import dev.tollgate.gateway.testkit.Tenant;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How each flavor is chosen, where it has its credential, and how its refusals read. */
class FlavorTest extends SharedGateway {
  private static final String CHAT = "/api/v1/chat/completions";
  private static final String PINATA = "/v0/llm/chat/completions";
  private static final String MESSAGES = "/api/v1/messages";
  private static final String BODY = "{\"model\":\"acme/m1\"}";

  private HttpResponse<String> send(String method, String path, String... headers)
      throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(tenant.uri(path)).method(method, BodyPublishers.ofString(BODY));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return HTTP.send(request.build(), BodyHandlers.ofString());
  }

  private HttpResponse<String> bear(String method, String path, String key) throws Exception {
    return send(method, path, "Authorization", "Bearer " + key);
  }

  private static void assertOpenAi(
      HttpResponse<String> answer, int status, String type, String code, String message) {
    assertThat(answer.body())
        .isEqualTo(
            "{\"error\":{\"message\":\"%s\",\"type\":\"%s\",\"param\":null,\"code\":\"%s\"}}"
                .formatted(message, type, code));
    assertThat(answer.statusCode()).isEqualTo(status);
    assertThat(answer.headers().firstValue("Content-Type")).contains("application/json");
    assertThat(answer.headers().firstValue("X-Request-Id").orElse("")).startsWith("req_");
    assertThat(upstream.waiting()).isZero();
  }

  private static void assertAnthropic(
      HttpResponse<String> answer, int status, String type, String message) {
    String id = answer.headers().firstValue("X-Request-Id").orElse("");
    assertThat(id).startsWith("req_");
    assertThat(answer.body())
        .isEqualTo(
            "{\"type\":\"error\",\"error\":{\"type\":\"%s\",\"message\":\"%s\"},\"request_id\":\"%s\"}"
                .formatted(type, message, id));
    assertThat(answer.statusCode()).isEqualTo(status);
    assertThat(answer.headers().firstValue("Content-Type")).contains("application/json");
    assertThat(upstream.waiting()).isZero();
  }

  // The OpenAI-compatible flavor.

  @ParameterizedTest
  @ValueSource(strings = {"Bearer ", "bearer ", "BEARER   ", "Bearer \t"})
  void aKeyThatIsBorneNeedsNoProjectName(String scheme) throws Exception {
    HttpResponse<String> answer = send("POST", CHAT, "Authorization", scheme + tenant.key());

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(upstream.take().values("Authorization"))
        .containsExactly("Bearer " + RunningGateway.UPSTREAM_KEY);
  }

  @ParameterizedTest
  @ValueSource(strings = {"Basic YTpi", "Bearer", "Bearer  ", "Token x", "Bearerx"})
  void whatBearsNoKeyIsToldSo(String authorization) throws Exception {
    assertOpenAi(
        send("POST", CHAT, "Authorization", authorization),
        401,
        "authentication_error",
        "missing_api_key",
        "Missing Authorization header");
  }

  @Test
  void anUnknownKeyIsRefused() throws Exception {
    assertOpenAi(
        bear("GET", "/api/v1/models", "tg_unknown"),
        401,
        "authentication_error",
        "invalid_api_key",
        "Invalid API key");
  }

  @Test
  void keysThatDifferAreNobodys() throws Exception {
    assertOpenAi(
        send(
            "GET",
            "/api/v1/models",
            "Authorization",
            "Bearer " + tenant.key(),
            "Authorization",
            "Bearer tg_other"),
        401,
        "authentication_error",
        "invalid_api_key",
        "Invalid API key");
  }

  @Test
  void aProjectNameThatIsGivenMustMatch() throws Exception {
    String named = CHAT + "?project_name=";
    assertThat(bear("POST", named + tenant.project(), tenant.key()).statusCode()).isEqualTo(200);
    assertThat(bear("POST", named, tenant.key()).statusCode()).isEqualTo(200);
    upstream.reset();
    for (String other : new String[] {"shop", "%FF", tenant.project() + "&project_name=shop"}) {
      assertOpenAi(
          bear("POST", named + other, tenant.key()),
          401,
          "authentication_error",
          "invalid_api_key",
          "Invalid API key or project name");
    }
    assertOpenAi(
        bear("GET", "/api/v1/models?project_name=shop", tenant.key()),
        401,
        "authentication_error",
        "invalid_api_key",
        "Invalid API key or project name");
  }

  @Test
  void ofTwoHeadersTheOneWithAKeyOfOurFormDecides() throws Exception {
    String[] borne = {"X-API-Key", "sk-ant-foreign", "Authorization", "Bearer " + tenant.key()};
    assertThat(send("POST", CHAT, borne).statusCode()).isEqualTo(200);
    assertThat(upstream.take().values("X-API-Key")).isEmpty();

    HttpResponse<String> unknown =
        send("GET", "/api/v1/models", "X-API-Key", "no", "Authorization", "Bearer tgm_unknown");
    assertOpenAi(unknown, 401, "authentication_error", "invalid_api_key", "Invalid API key");
  }

  @ParameterizedTest
  @ValueSource(strings = {"Bearer sk-foreign", "Basic dGdfOng=", "Token tg_x", "Bearer tg_other"})
  void anApiKeyHeaderOfOurFormDecidesOverAnother(String authorization) throws Exception {
    String named = CHAT + "?project_name=" + tenant.project();
    String[] headers = {"X-API-Key", tenant.key(), "Authorization", authorization};

    assertThat(send("POST", named, headers).statusCode()).isEqualTo(200);
    assertThat(upstream.take().values("Authorization"))
        .containsExactly("Bearer " + RunningGateway.UPSTREAM_KEY);
  }

  @Test
  void whereNeitherKeyHasOurFormTheApiKeyHeaderDecides() throws Exception {
    HttpResponse<String> answer =
        send("GET", "/api/v1/models", "X-API-Key", "no", "Authorization", "Bearer neither");

    assertThat(answer.body())
        .isEqualTo("{\"code\":401,\"msg\":\"error\",\"data\":{\"error\":\"Invalid API key\"}}");
  }

  @Test
  void aBlankApiKeyHeaderIsNone() throws Exception {
    assertThat(
            send(
                    "GET",
                    "/api/v1/models",
                    "X-API-Key",
                    " ",
                    "Authorization",
                    "Bearer " + tenant.key())
                .statusCode())
        .isEqualTo(200);
  }

  @Test
  void whoHasNothingLeftIsToldWithStatus402() throws Exception {
    tenant.setBalance("0");
    assertOpenAi(
        bear("POST", CHAT, tenant.key()),
        402,
        "insufficient_credits",
        "insufficient_credits",
        "Insufficient credits");
  }

  @Test
  void aDisabledProjectIsRefused() throws Exception {
    gateway.admin().setEnabled(tenant.project(), false);
    await()
        .atMost(Duration.ofSeconds(2))
        .until(() -> bear("POST", CHAT, tenant.key()).statusCode() == 403);
    upstream.reset();
    assertOpenAi(
        bear("POST", CHAT, tenant.key()),
        403,
        "permission_error",
        "project_disabled",
        "LLM service is disabled for this project");
  }

  @Test
  void unknownRoutesAndOtherMethodsAreRefused() throws Exception {
    assertOpenAi(
        bear("GET", "/api/v1/nothing", tenant.key()),
        404,
        "invalid_request_error",
        "not_found",
        "Not found: GET /api/v1/nothing");
    HttpResponse<String> other = bear("DELETE", CHAT, tenant.key());
    assertOpenAi(other, 405, "invalid_request_error", "method_not_allowed", "Method not allowed");
    assertThat(other.headers().firstValue("Allow")).contains("POST, OPTIONS");
  }

  @Test
  void aBodyThatIsTooLargeIsRefused() throws Exception {
    try (RawClient client = tenant.connect()) {
      client.send(
          "POST "
              + CHAT
              + " HTTP/1.1\r\n"
              + "Host: x\r\n"
              + "Authorization: Bearer x\r\n"
              + "Content-Length: 20971521\r\n\r\n");
      String head = client.readHead();
      assertThat(head).startsWith("HTTP/1.1 413");
      assertThat(client.readBody(head))
          .isEqualTo(
              "{\"error\":{\"message\":\"Request body too large (max 20MB)\","
                  + "\"type\":\"invalid_request_error\",\"param\":null,"
                  + "\"code\":\"request_too_large\"}}");
    }
  }

  private String bodyOf(RunningGateway limited, String header, int bytes) throws Exception {
    String path = "/api/v1/chat/completions?project_name=x HTTP/1.1\r\nHost: x\r\n" + header;
    try (RawClient client = new RawClient(limited.port())) {
      client.send("POST " + path + "\r\nContent-Length: " + bytes + "\r\n\r\n");
      client.send(new byte[Math.min(bytes, 10_000)]);
      return client.readBody(client.readHead());
    }
  }

  @Test
  void theLimitOfABodyCanBeSetForAllFlavorsButPinMes(@TempDir Path directory) throws Exception {
    try (RunningGateway limited =
        RunningGateway.start(
            directory, upstream.baseUrl(), Map.of("tollgate.limits.body", "3KB"), 30_000)) {
      assertThat(bodyOf(limited, "Authorization: Bearer x", 3073))
          .contains("Request body too large (max 3KB)");
      assertThat(bodyOf(limited, "Authorization: Bearer x", 3072)).contains("Invalid API key");
      assertThat(bodyOf(limited, "X-API-Key: x", 3073)).contains("Invalid API key");
      assertThat(bodyOf(limited, "X-API-Key: x", 1048577))
          .contains("Request body too large (max 1MB)");
    }
  }

  @Test
  void anUpstreamThatCannotBeReachedIsNotRetriedBlindly() throws Exception {
    upstream.script((request, connection) -> connection.reset());
    HttpResponse<String> answer = bear("POST", CHAT, tenant.key());
    upstream.reset();
    assertOpenAi(answer, 502, "api_error", "upstream_unavailable", "LLM service unavailable");
    assertThat(answer.headers().firstValue("x-should-retry")).contains("false");
  }

  @Test
  void aRequestThatCameBeforeIsRefused() throws Exception {
    String[] headers = {"Authorization", "Bearer " + tenant.key(), "Idempotency-Key", "once"};
    HttpResponse<String> first = send("POST", CHAT, headers);
    upstream.reset();
    HttpResponse<String> second = send("POST", CHAT, headers);
    String id = first.headers().firstValue("X-Request-Id").orElse("");
    assertOpenAi(
        second, 409, "invalid_request_error", "duplicate_request", "Duplicate request: " + id);
    assertThat(second.headers().firstValue("x-should-retry")).contains("false");
  }

  // Anthropic's.

  @ParameterizedTest
  @CsvSource({"X-API-Key, ''", "Authorization, 'Bearer '"})
  void messagesTakeEitherHeaderAndNoProjectName(String header, String scheme) throws Exception {
    HttpResponse<String> answer =
        send(
            "POST",
            MESSAGES,
            header,
            scheme + tenant.key(),
            "Anthropic-Version",
            "2023-06-01",
            "Anthropic-Beta",
            "x");

    assertThat(answer.statusCode()).isEqualTo(200);
    var received = upstream.take();
    assertThat(received.target()).isEqualTo("/api/v1/messages");
    assertThat(received.values("Authorization"))
        .containsExactly("Bearer " + RunningGateway.UPSTREAM_KEY);
    assertThat(received.values("X-API-Key")).isEmpty();
    assertThat(received.values("Anthropic-Version")).containsExactly("2023-06-01");
    assertThat(received.values("Anthropic-Beta")).containsExactly("x");
  }

  @ParameterizedTest
  @CsvSource({"sk-ant-foreign, Bearer KEY", "KEY, Bearer sk-foreign"})
  void messagesTakeTheHeaderWithAKeyOfOurForm(String apiKey, String authorization)
      throws Exception {
    HttpResponse<String> answer =
        send(
            "POST",
            MESSAGES,
            "X-API-Key",
            apiKey.replace("KEY", tenant.key()),
            "Authorization",
            authorization.replace("KEY", tenant.key()));

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(upstream.take().values("Authorization"))
        .containsExactly("Bearer " + RunningGateway.UPSTREAM_KEY);
  }

  @Test
  void messagesAreRefusedInAnthropicsShape() throws Exception {
    assertAnthropic(
        send("POST", MESSAGES),
        401,
        "authentication_error",
        "X-API-Key or Authorization header is required");
    assertAnthropic(
        send("POST", MESSAGES, "X-API-Key", "no"), 401, "authentication_error", "Invalid API key");
    assertAnthropic(
        send("POST", MESSAGES + "?project_name=shop", "X-API-Key", tenant.key()),
        401,
        "authentication_error",
        "Invalid API key or project name");
    assertAnthropic(
        send("GET", MESSAGES, "X-API-Key", tenant.key()),
        405,
        "invalid_request_error",
        "Method not allowed");
    tenant.setBalance("0");
    assertAnthropic(
        send("POST", MESSAGES, "X-API-Key", tenant.key()),
        402,
        "billing_error",
        "Insufficient credits");
  }

  @Test
  void whatIsBelowMessagesIsRefusedInAnthropicsShapeToo() throws Exception {
    assertAnthropic(
        send("POST", MESSAGES + "/count_tokens", "X-API-Key", tenant.key()),
        404,
        "not_found_error",
        "Not found: POST /api/v1/messages/count_tokens");
  }

  @Test
  void messagesOfAnUpstreamThatCannotBeReachedFailInAnthropicsShape() throws Exception {
    upstream.script((request, connection) -> connection.reset());
    HttpResponse<String> answer = send("POST", MESSAGES, "X-API-Key", tenant.key());
    upstream.reset();
    assertAnthropic(answer, 502, "api_error", "LLM service unavailable");
  }

  // Pinata's.

  @Test
  void pinataTellsHowMuchIsLeft() throws Exception {
    tenant.setBalance("0");
    HttpResponse<String> answer = bear("POST", PINATA, tenant.key());

    assertThat(answer.statusCode()).isEqualTo(402);
    assertThat(answer.body())
        .isEqualTo(
            "{\"error\":{\"message\":\"Insufficient credits\",\"type\":\"insufficient_credits\","
                + "\"param\":null,\"code\":\"insufficient_credits\",\"availableMicrocredits\":0},"
                + "\"availableMicrocredits\":0}");
  }

  @Test
  void pinataKnowsNoOtherCredential() throws Exception {
    assertOpenAi(
        send("POST", PINATA, "X-API-Key", tenant.key()),
        401,
        "authentication_error",
        "missing_api_key",
        "Missing Authorization header");
    assertOpenAi(
        send("GET", "/v0/llm/nothing"),
        404,
        "invalid_request_error",
        "not_found",
        "Not found: GET /v0/llm/nothing");
  }

  // What is the same in all of them.

  @Test
  void aProjectWithoutAnUpstreamKeyIsToldSoInItsOwnWords(@TempDir Path directory) throws Exception {
    try (RunningGateway keyless =
        RunningGateway.start(
            directory, upstream.baseUrl(), Map.of("tollgate.upstream.key", ""), 30_000)) {
      tenant = Tenant.of(keyless, "5");
      assertOpenAi(
          bear("POST", CHAT, tenant.key()),
          400,
          "invalid_request_error",
          "not_configured",
          "LLM service not configured for this project");
      assertAnthropic(
          bear("POST", MESSAGES, tenant.key()),
          400,
          "invalid_request_error",
          "LLM service not configured for this project");
      Tenant own = Tenant.of(keyless, "5", Secret.of("sk-own"));
      assertThat(
              HTTP.send(
                      HttpRequest.newBuilder(own.uri(CHAT))
                          .header("Authorization", "Bearer " + own.key())
                          .POST(BodyPublishers.ofString(BODY))
                          .build(),
                      BodyHandlers.ofString())
                  .statusCode())
          .isEqualTo(200);
    }
  }

  @Test
  void aRevokedKeyIsRefusedInEveryFlavor() throws Exception {
    Minted other = gateway.admin().createKey(tenant.project(), KeySpec.INFERENCE);
    gateway.admin().revokeKey(tenant.project(), other.id());
    String key = other.key().reveal();
    await()
        .atMost(Duration.ofSeconds(2))
        .until(() -> bear("GET", "/api/v1/models", key).statusCode() == 401);
    assertThat(bear("POST", PINATA, key).statusCode()).isEqualTo(401);
    assertThat(bear("POST", MESSAGES, key).statusCode()).isEqualTo(401);
  }

  /** As the page on the API says of any header. */
  @Test
  void twoAuthorizationsThatDifferAreNobodys() throws Exception {
    HttpResponse<String> answer =
        send(
            "POST", CHAT, "Authorization", "Bearer " + tenant.key(), "Authorization", "Basic YTpi");

    assertThat(answer.statusCode()).isEqualTo(401);
  }
}
