package dev.tollgate.gateway.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tollgate.gateway.testkit.RunningGateway;
import dev.tollgate.gateway.testkit.ScriptedUpstream.Received;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What the npm package @anthropic-ai/sdk is used for, through a gateway: the scenarios of
 * anthropic.mjs.
 */
class NpmAnthropicIT extends ClientTest {
  /** The last one of 0.x, beside the current one. */
  private static final String OLD = "anthropic-sdk-0";

  @TempDir Path another;

  @BeforeAll
  static void install() throws Exception {
    Npm.folder();
  }

  private NodeScript start(String scenario, Map<String, Object> options) throws Exception {
    Map<String, Object> all = new HashMap<>(options);
    all.put("url", url);
    all.putIfAbsent("key", key);
    return NodeScript.start("anthropic.mjs", scenario, all);
  }

  private JsonNode run(String scenario, Map<String, Object> options) throws Exception {
    try (NodeScript script = start(scenario, options)) {
      return script.result();
    }
  }

  private static String textOf(JsonNode result) {
    return result.path("text").asText();
  }

  /** The gateway's own refusal, with all that the SDK reads in it. */
  private static void assertRefused(
      JsonNode error, String errorClass, int status, String type, String message) {
    assertThat(NpmErrors.classesOf(error)).contains(errorClass, "APIError");
    assertThat(error.path("status").asInt()).isEqualTo(status);
    assertThat(error.path("type").asText()).isEqualTo(type);
    assertThat(error.path("message").asText()).contains(message);
    assertThat(error.at("/body/request_id").asText()).startsWith("req_");
  }

  @ParameterizedTest
  @ValueSource(strings = {"create", "stream", "rawStream"})
  void messageIsTheUpstreams(String scenario) throws Exception {
    assertThat(textOf(run(scenario, Map.of()))).isEqualTo(ChatAnswers.TEXT);
    assertCharged(1);
  }

  /**
   * Versions 0.x send an apiKey as X-Api-Key, 1.x as a Bearer; an authToken is a Bearer in both.
   */
  @ParameterizedTest
  @CsvSource({
    "@anthropic-ai/sdk, apiKey",
    "@anthropic-ai/sdk, authToken",
    "anthropic-sdk-0, apiKey",
    "anthropic-sdk-0, authToken"
  })
  void keyIsTakenFromEitherHeaderAndStaysHere(String version, String by) throws Exception {
    JsonNode result = run("stream", Map.of("version", version, "by", by));

    assertThat(textOf(result)).isEqualTo(ChatAnswers.TEXT);
    assertThat(result.path("tokens").asInt()).isEqualTo(4);
    Received call = upstream.calls().get(0);
    assertThat(call.values("X-Api-Key")).isEmpty();
    assertThat(call.values("Authorization"))
        .containsExactly("Bearer " + RunningGateway.UPSTREAM_KEY);
    assertThat(call.values("Anthropic-Version")).hasSize(1);
    assertCharged(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"@anthropic-ai/sdk", OLD})
  void environmentIsEnough(String version) throws Exception {
    Map<String, String> environment =
        Map.of("ANTHROPIC_BASE_URL", url + "/api", "ANTHROPIC_API_KEY", key);
    Map<String, Object> told = Map.of("unconfigured", true, "version", version);
    try (NodeScript script = NodeScript.start("anthropic.mjs", "create", told, environment)) {
      assertThat(textOf(script.result())).isEqualTo(ChatAnswers.TEXT);
    }
    assertCharged(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"tools", "streamedTools"})
  void toolIsCalledAndItsResultTold(String scenario) throws Exception {
    JsonNode result = run(scenario, Map.of());

    assertThat(textOf(result)).isEqualTo("The tool says: sunny in Oslo");
    assertThat(result.path("reason").asText()).isEqualTo("tool_use");
    assertCharged(2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"@anthropic-ai/sdk", OLD})
  void streamThatIsLeftEndsAtTheUpstream(String version) throws Exception {
    try (NodeScript script =
        start("abort", Map.of("model", OpenRouterUpstream.ENDLESS, "version", version))) {
      assertThat(script.result().path("events").asInt()).isEqualTo(3);
      upstream.awaitAbandoned();
    }
    assertCharged(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"@anthropic-ai/sdk", OLD})
  void unknownKeyIsAnAuthenticationError(String version) throws Exception {
    assertRefused(
        run("error", Map.of("key", "tg_00000000_nobodys", "version", version)),
        "AuthenticationError",
        401,
        "authentication_error",
        "Invalid API key");
    assertCharged(0);
  }

  @Test
  void missingCreditsAreAPaymentRequiredError() throws Exception {
    tenant.setBalance("0");

    assertRefused(
        run("error", Map.of()),
        "PaymentRequiredError",
        402,
        "billing_error",
        "Insufficient credits");
    assertCharged(0);
  }

  @Test
  void disabledProjectIsAPermissionDeniedError() throws Exception {
    gateway.admin().setEnabled(tenant.project(), false);

    assertRefused(
        run("error", Map.of()), "PermissionDeniedError", 403, "permission_error", "is disabled");
    assertCharged(0);
  }

  @Test
  void countingTokensIsANotFoundError() throws Exception {
    assertRefused(
        run("countTokens", Map.of("version", OLD)),
        "NotFoundError",
        404,
        "not_found_error",
        "Not found");
  }

  @Test
  void idempotencyKeyThatIsTooLongIsABadRequestError() throws Exception {
    assertRefused(
        run("error", Map.of("headers", Map.of("Idempotency-Key", "k".repeat(256)))),
        "BadRequestError",
        400,
        "invalid_request_error",
        "Malformed request: Idempotency-Key");
    assertCharged(0);
  }

  @Test
  void bodyThatIsTooLargeIsAContentTooLargeError() throws Exception {
    assertRefused(
        run("error", Map.of("size", 3 << 20)),
        "ContentTooLargeError",
        413,
        "request_too_large",
        "Request body too large (max 1MB)");
    assertCharged(0);
  }

  @Test
  void upstreamThatHangsUpIsAskedOnce() throws Exception {
    assertRefused(
        run("error", Map.of("model", OpenRouterUpstream.HANGS_UP)),
        "InternalServerError",
        502,
        "api_error",
        "LLM service unavailable");
    assertThat(upstream.calls()).hasSize(1);
    assertUnresolvedForNothing();
  }

  @Test
  void rateLimitIsARateLimitError() throws Exception {
    try (RunningGateway other =
        RunningGateway.start(
            another, upstream.baseUrl(), Map.of("tollgate.limits.rate", "1/m"), 30_000)) {
      Map<String, Object> environment =
          Map.of("url", other.uri("").toString(), "key", other.key(), "retries", 0);
      NodeScript.run("anthropic.mjs", "create", environment);

      assertRefused(
          NodeScript.run("anthropic.mjs", "error", environment),
          "RateLimitError",
          429,
          "rate_limit_error",
          "Rate limit exceeded");
      assertCharged(other.admin(), RunningGateway.PROJECT, 1);
    }
  }

  @Test
  void refusalSaysItsRequestIdWhereTheSdkLooks() throws Exception {
    JsonNode error = run("error", Map.of("key", "tg_00000000_nobodys"));

    assertThat(error.path("requestID")).isEqualTo(error.at("/body/request_id"));
  }

  @Test
  void upstreamsOwnRefusalKeepsItsClassAndItsType() throws Exception {
    JsonNode error = run("error", Map.of("model", OpenRouterUpstream.STATUS + 404));

    assertThat(NpmErrors.classesOf(error)).contains("NotFoundError");
    assertThat(error.path("type").asText()).isEqualTo("not_found_error");
    assertCharged(0);
  }

  @Test
  void errorInTheMiddleOfAStreamIsThrown() throws Exception {
    JsonNode error = run("streamError", Map.of("model", OpenRouterUpstream.FAILS_MIDWAY));

    assertThat(NpmErrors.classesOf(error)).contains("APIError");
    assertThat(error.path("type").asText()).isEqualTo("overloaded_error");
    assertCharged(1);
  }
}
