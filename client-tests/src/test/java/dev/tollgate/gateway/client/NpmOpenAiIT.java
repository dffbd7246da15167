package dev.tollgate.gateway.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tollgate.gateway.testkit.RunningGateway;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the npm package openai is used for, through a gateway: the scenarios of openai.mjs. */
class NpmOpenAiIT extends ClientTest {
  private static final String VECTOR = "[0.25,-0.5,1]";

  @TempDir Path another;

  @BeforeAll
  static void install() throws Exception {
    Npm.folder();
  }

  private NodeScript start(String scenario, Map<String, Object> options) throws Exception {
    Map<String, Object> all = new HashMap<>(options);
    all.put("url", url);
    all.putIfAbsent("key", key);
    return NodeScript.start("openai.mjs", scenario, all);
  }

  private JsonNode run(String scenario, Map<String, Object> options) throws Exception {
    try (NodeScript script = start(scenario, options)) {
      return script.result();
    }
  }

  private JsonNode run(String scenario) throws Exception {
    return run(scenario, Map.of());
  }

  private static String textOf(JsonNode result) {
    return result.path("text").asText();
  }

  /** The gateway's own refusal, with all that the SDK reads in it. */
  private static void assertRefused(
      JsonNode error, String errorClass, int status, String type, String code) {
    assertThat(NpmErrors.classesOf(error)).contains(errorClass, "APIError");
    assertThat(error.path("status").asInt()).isEqualTo(status);
    assertThat(error.path("type").asText()).isEqualTo(type);
    assertThat(error.path("code").asText()).isEqualTo(code);
    assertThat(error.path("param").isNull()).isTrue();
    assertThat(error.path("requestID").asText()).startsWith("req_");
  }

  @Test
  void chatIsAnswered() throws Exception {
    JsonNode result = run("chat");

    assertThat(textOf(result)).isEqualTo(ChatAnswers.TEXT);
    assertThat(result.path("tokens").asInt()).isEqualTo(4);
    assertThat(result.path("requestID").asText()).startsWith("req_");
    assertCharged(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "stream",
        "streamHelper",
        "response",
        "streamedResponse",
        "responseStreamHelper",
        "completion"
      })
  void textIsTheUpstreams(String scenario) throws Exception {
    assertThat(textOf(run(scenario))).isEqualTo(ChatAnswers.TEXT);
    assertCharged(1);
  }

  @Test
  void responseIsStreamedWithNamesOfEvents() throws Exception {
    assertThat(textOf(run("streamedResponse", Map.of("model", OpenRouterUpstream.NAMED_EVENTS))))
        .isEqualTo(ChatAnswers.TEXT);
    assertCharged(1);
  }

  @Test
  void environmentIsEnough() throws Exception {
    Map<String, String> environment =
        Map.of("OPENAI_BASE_URL", url + "/api/v1", "OPENAI_API_KEY", key);
    try (NodeScript script =
        NodeScript.start("openai.mjs", "chat", Map.of("unconfigured", true), environment)) {
      assertThat(textOf(script.result())).isEqualTo(ChatAnswers.TEXT);
    }
    assertCharged(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"tools", "streamedTools"})
  void toolIsRunAndItsResultTold(String scenario) throws Exception {
    assertThat(textOf(run(scenario))).isEqualTo("The tool says: sunny in Oslo");
    assertCharged(2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"structured", "structuredResponse"})
  void structuredOutputIsRead(String scenario) throws Exception {
    assertThat(run(scenario)).hasToString(ChatAnswers.CITY);
    assertCharged(1);
  }

  @Test
  void embeddingsComeInBase64UnlessAskedOtherwise() throws Exception {
    assertThat(run("embeddings").path("vectors")).hasToString("[" + VECTOR + "," + VECTOR + "]");
    assertCharged(1);
  }

  @Test
  void embeddingsComeAsNumbers() throws Exception {
    assertThat(run("floatEmbeddings").path("vectors")).hasToString("[" + VECTOR + "]");
    assertCharged(1);
  }

  @Test
  void modelsAreListedForNothing() throws Exception {
    assertThat(run("models").path("ids")).hasToString("[\"acme/parrot\",\"acme/endless\"]");
    assertCharged(0);
  }

  @Test
  void streamThatIsAbortedEndsAtTheUpstreamAndIsChargedAsFarAsItCame() throws Exception {
    try (NodeScript script = start("abort", Map.of("model", OpenRouterUpstream.ENDLESS))) {
      assertThat(script.result().path("chunks").asInt()).isEqualTo(3);
      // The script is still there: it is the abort that ended the stream.
      upstream.awaitAbandoned();
    }
    assertCharged(1);
  }

  @Test
  void unknownKeyIsAnAuthenticationError() throws Exception {
    JsonNode error = run("error", Map.of("key", "tg_00000000_nobodys"));

    assertRefused(error, "AuthenticationError", 401, "authentication_error", "invalid_api_key");
    assertThat(error.path("message").asText()).isEqualTo("401 Invalid API key");
    assertCharged(0);
  }

  @Test
  void idempotencyKeyThatIsTooLongIsABadRequestError() throws Exception {
    assertRefused(
        run("error", Map.of("headers", Map.of("Idempotency-Key", "k".repeat(256)))),
        "BadRequestError",
        400,
        "invalid_request_error",
        "malformed_request");
    assertCharged(0);
  }

  @Test
  void missingCreditsAreAnApiErrorOfStatus402() throws Exception {
    tenant.setBalance("0");
    JsonNode error = run("error");

    assertRefused(error, "APIError", 402, "insufficient_credits", "insufficient_credits");
    assertThat(error.path("message").asText()).isEqualTo("402 Insufficient credits");
    assertCharged(0);
  }

  @Test
  void disabledProjectIsAPermissionDeniedError() throws Exception {
    gateway.admin().setEnabled(tenant.project(), false);

    assertRefused(
        run("error"), "PermissionDeniedError", 403, "permission_error", "project_disabled");
    assertCharged(0);
  }

  @Test
  void unknownRouteIsANotFoundError() throws Exception {
    assertRefused(run("unknownRoute"), "NotFoundError", 404, "invalid_request_error", "not_found");
  }

  @Test
  void secondRequestWithOneIdempotencyKeyIsNeitherSentNorTriedAgain() throws Exception {
    Map<String, Object> once = Map.of("headers", Map.of("Idempotency-Key", "once"));
    assertThat(textOf(run("chat", once))).isEqualTo(ChatAnswers.TEXT);

    assertRefused(
        run("error", once), "ConflictError", 409, "invalid_request_error", "duplicate_request");
    assertThat(upstream.calls()).hasSize(1);
    assertCharged(1);
  }

  @Test
  void sdkTriesAgainWithItsIdempotencyKeyAfterTheUpstreamsRateLimit() throws Exception {
    Map<String, Object> once =
        Map.of(
            "model",
            OpenRouterUpstream.LIMITED_ONCE,
            "headers",
            Map.of("Idempotency-Key", "again"));

    assertThat(textOf(run("chat", once))).isEqualTo(ChatAnswers.TEXT);
    assertThat(upstream.calls()).hasSize(2);
    assertCharged(1);
  }

  @Test
  void bodyThatIsTooLargeIsAnApiErrorOfStatus413() throws Exception {
    assertRefused(
        run("error", Map.of("size", 3 << 20)),
        "APIError",
        413,
        "invalid_request_error",
        "request_too_large");
    assertCharged(0);
  }

  @Test
  void rateLimitIsARateLimitErrorAndTheSdkComesAgain() throws Exception {
    try (RunningGateway other =
        RunningGateway.start(
            another, upstream.baseUrl(), Map.of("tollgate.limits.rate", "1/s"), 30_000)) {
      Map<String, Object> environment = new HashMap<>();
      environment.put("url", other.uri("").toString());
      environment.put("key", other.key());
      NodeScript.run("openai.mjs", "twice", environment);

      List<String> counts = new ArrayList<>();
      upstream.calls().forEach(call -> counts.addAll(call.values("X-Stainless-Retry-Count")));
      assertThat(counts).containsExactly("0", "1");
      assertCharged(other.admin(), RunningGateway.PROJECT, 2);

      environment.put("retries", 0);
      assertRefused(
          NodeScript.run("openai.mjs", "error", environment),
          "RateLimitError",
          429,
          "rate_limit_error",
          "rate_limit_exceeded");
    }
  }

  @Test
  void upstreamThatHangsUpIsAskedOnce() throws Exception {
    assertRefused(
        run("error", Map.of("model", OpenRouterUpstream.HANGS_UP)),
        "InternalServerError",
        502,
        "api_error",
        "upstream_unavailable");
    assertThat(upstream.calls()).hasSize(1);
    assertUnresolvedForNothing();
  }

  @Test
  void drainingGatewayIsAnInternalServerError() throws Exception {
    try (RunningGateway other =
        RunningGateway.start(another, upstream.baseUrl(), Map.of(), 30_000)) {
      other.gateway().drain();
      assertRefused(
          NodeScript.run(
              "openai.mjs",
              "error",
              Map.of("url", other.uri("").toString(), "key", other.key(), "retries", 0)),
          "InternalServerError",
          503,
          "api_error",
          "unavailable");
    }
  }

  @Test
  void upstreamsOwnRefusalKeepsItsClassAndItsWords() throws Exception {
    JsonNode error = run("error", Map.of("model", OpenRouterUpstream.STATUS + 422));

    assertThat(NpmErrors.classesOf(error)).contains("UnprocessableEntityError");
    assertThat(error.path("code").asInt()).isEqualTo(422);
    assertThat(error.path("message").asText()).isEqualTo("422 Provider returned error");
    assertCharged(0);
  }

  @Test
  void errorInTheMiddleOfAStreamIsThrown() throws Exception {
    JsonNode error = run("streamError", Map.of("model", OpenRouterUpstream.FAILS_MIDWAY));

    assertThat(NpmErrors.classesOf(error)).contains("APIError");
    assertThat(error.path("message").asText()).isEqualTo("Provider disconnected");
    assertCharged(1);
  }
}
