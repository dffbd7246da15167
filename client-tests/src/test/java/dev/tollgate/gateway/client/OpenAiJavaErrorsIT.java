package dev.tollgate.gateway.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.InternalServerException;
import com.openai.errors.NotFoundException;
import com.openai.errors.OpenAIInvalidDataException;
import com.openai.errors.OpenAIServiceException;
import com.openai.errors.PermissionDeniedException;
import com.openai.errors.RateLimitException;
import com.openai.errors.SseException;
import com.openai.errors.UnauthorizedException;
import com.openai.errors.UnexpectedStatusCodeException;
import com.openai.errors.UnprocessableEntityException;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import dev.tollgate.gateway.testkit.RunningGateway;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What openai-java makes of refusals, the gateway's own and the upstream's. */
class OpenAiJavaErrorsIT extends ClientTest {
  private final List<OpenAIClient> clients = new ArrayList<>();

  private OpenAIClient client;

  @TempDir Path another;

  @BeforeEach
  void connect() {
    client = client(url, key, 2);
  }

  @AfterEach
  void disconnect() {
    clients.forEach(OpenAIClient::close);
  }

  private OpenAIClient client(String gatewayUrl, String apiKey, int retries) {
    OpenAIClient made =
        OpenAIOkHttpClient.builder()
            .baseUrl(gatewayUrl + "/api/v1")
            .apiKey(apiKey)
            .maxRetries(retries)
            .build();
    clients.add(made);
    return made;
  }

  /** To the one project of a gateway that is not everybody's. */
  private OpenAIClient client(RunningGateway other, int retries) {
    return client(other.uri("").toString(), other.key(), retries);
  }

  private RunningGateway another(URI upstreamUrl, Map<String, String> settings) throws Exception {
    return RunningGateway.start(another, upstreamUrl, settings, 30_000);
  }

  private static ChatCompletionCreateParams.Builder params(String model) {
    return ChatCompletionCreateParams.builder().model(model).addUserMessage("Hello");
  }

  private static ChatCompletion chat(OpenAIClient client, String model) {
    return client.chat().completions().create(params(model).build());
  }

  /** The gateway's own refusal, of that class and no other, with all that the SDK reads in it. */
  private static <E extends OpenAIServiceException> E assertRefused(
      Class<E> type, ThrowingCallable call, int status, String errorType, String code) {
    E refusal = catchThrowableOfType(type, call);
    assertThat(refusal).isExactlyInstanceOf(type);
    assertThat(refusal.statusCode()).isEqualTo(status);
    assertThat(refusal.type()).contains(errorType);
    assertThat(refusal.code()).contains(code);
    assertThat(refusal.param()).isEmpty();
    assertThat(refusal.headers().values("x-request-id")).hasSize(1);
    return refusal;
  }

  @Test
  void unknownKeyIsUnauthorized() {
    OpenAIClient stranger = client(url, "tg_00000000_nobodys", 2);

    assertThat(
            assertRefused(
                UnauthorizedException.class,
                () -> chat(stranger, MODEL),
                401,
                "authentication_error",
                "invalid_api_key"))
        .hasMessage("401: Invalid API key");
    assertCharged(0);
  }

  @Test
  void projectWithoutAnUpstreamKeyIsABadRequest() throws Exception {
    try (RunningGateway other = another(upstream.baseUrl(), Map.of("tollgate.upstream.key", ""))) {
      assertThat(
              assertRefused(
                  BadRequestException.class,
                  () -> chat(client(other, 2), MODEL),
                  400,
                  "invalid_request_error",
                  "not_configured"))
          .hasMessage("400: LLM service not configured for this project");
    }
    assertThat(upstream.calls()).isEmpty();
  }

  @Test
  void idempotencyKeyThatIsTooLongIsABadRequest() {
    ChatCompletionCreateParams params =
        params(MODEL).putAdditionalHeader("Idempotency-Key", "k".repeat(256)).build();

    assertThat(
            assertRefused(
                BadRequestException.class,
                () -> client.chat().completions().create(params),
                400,
                "invalid_request_error",
                "malformed_request"))
        .hasMessage("400: Malformed request: Idempotency-Key");
    assertCharged(0);
  }

  @Test
  void missingCreditsAreToldByTheirStatus() {
    tenant.setBalance("0");

    // The SDK has no class of its own for 402.
    assertThat(
            assertRefused(
                UnexpectedStatusCodeException.class,
                () -> chat(client, MODEL),
                402,
                "insufficient_credits",
                "insufficient_credits"))
        .hasMessage("402: Insufficient credits");
    assertCharged(0);
  }

  @Test
  void disabledProjectIsDeniedPermission() {
    gateway.admin().setEnabled(tenant.project(), false);

    assertThat(
            assertRefused(
                PermissionDeniedException.class,
                () -> chat(client, MODEL),
                403,
                "permission_error",
                "project_disabled"))
        .hasMessage("403: LLM service is disabled for this project");
    assertCharged(0);
  }

  @Test
  void unknownRouteIsNotFound() {
    assertThat(
            assertRefused(
                NotFoundException.class,
                () -> client.models().retrieve("nothing"),
                404,
                "invalid_request_error",
                "not_found"))
        .hasMessage("404: Not found: GET /api/v1/models/nothing");
  }

  @Test
  void wrongMethodIsToldByItsStatus() {
    UnexpectedStatusCodeException refusal =
        assertRefused(
            UnexpectedStatusCodeException.class,
            () -> client.chat().completions().list(),
            405,
            "invalid_request_error",
            "method_not_allowed");

    assertThat(refusal).hasMessage("405: Method not allowed");
    assertThat(refusal.headers().values("allow")).containsExactly("POST, OPTIONS");
  }

  @Test
  void sdkTriesAgainWithItsIdempotencyKeyAfterTheUpstreamsRateLimit() {
    ChatCompletionCreateParams params =
        params(OpenRouterUpstream.LIMITED_ONCE)
            .putAdditionalHeader("Idempotency-Key", "again")
            .build();

    assertThat(client.chat().completions().create(params).choices()).hasSize(1);
    assertThat(upstream.calls()).hasSize(2);
    assertCharged(1);
  }

  @Test
  void secondRequestWithOneIdempotencyKeyIsNeitherSentNorTriedAgain() {
    ChatCompletionCreateParams params =
        params(MODEL).putAdditionalHeader("Idempotency-Key", "once").build();
    client.chat().completions().create(params);

    UnexpectedStatusCodeException refusal =
        assertRefused(
            UnexpectedStatusCodeException.class,
            () -> client.chat().completions().create(params),
            409,
            "invalid_request_error",
            "duplicate_request");

    assertThat(refusal.getMessage()).startsWith("409: Duplicate request: req_");
    assertThat(refusal.headers().values("x-should-retry")).containsExactly("false");
    assertThat(upstream.calls()).hasSize(1);
    assertCharged(1);
  }

  @Test
  void bodyThatIsTooLargeIsToldByItsStatus() {
    ChatCompletionCreateParams params = params("x".repeat(3 << 20)).build();

    assertThat(
            assertRefused(
                UnexpectedStatusCodeException.class,
                () -> client.chat().completions().create(params),
                413,
                "invalid_request_error",
                "request_too_large"))
        .hasMessage("413: Request body too large (max 1MB)");
    assertCharged(0);
  }

  @Test
  void rateLimitSaysWhenToComeAgainAndTheSdkDoes() throws Exception {
    try (RunningGateway other =
        another(upstream.baseUrl(), Map.of("tollgate.limits.rate", "1/s"))) {
      long start = System.nanoTime();
      chat(client(other, 0), MODEL);
      RateLimitException refusal =
          assertRefused(
              RateLimitException.class,
              () -> chat(client(other, 0), MODEL),
              429,
              "rate_limit_error",
              "rate_limit_exceeded");
      assertThat(refusal).hasMessage("429: Rate limit exceeded, please retry later");
      // In whole seconds, and in the milliseconds that the SDK prefers.
      assertThat(refusal.headers().values("retry-after")).containsExactly("1");
      assertThat(refusal.headers().values("retry-after-ms")).hasSize(1);

      chat(client(other, 1), MODEL);

      assertThat(Duration.ofNanos(System.nanoTime() - start))
          .isGreaterThanOrEqualTo(Duration.ofSeconds(1));
      assertThat(upstream.calls()).hasSize(2);
      assertThat(upstream.calls().get(1).values("X-Stainless-Retry-Count")).containsExactly("1");
      assertCharged(other.admin(), RunningGateway.PROJECT, 2);
    }
  }

  @Test
  void upstreamThatHangsUpIsAskedOnce() {
    InternalServerException refusal =
        assertRefused(
            InternalServerException.class,
            () -> chat(client, OpenRouterUpstream.HANGS_UP),
            502,
            "api_error",
            "upstream_unavailable");

    assertThat(refusal).hasMessage("502: LLM service unavailable");
    assertThat(refusal.headers().values("x-should-retry")).containsExactly("false");
    assertThat(upstream.calls()).hasSize(1);
    assertUnresolvedForNothing();
  }

  @Test
  void upstreamThatIsNotThereIsAServerError() throws Exception {
    URI nobody;
    try (ServerSocket port = new ServerSocket(0)) {
      nobody = URI.create("http://127.0.0.1:" + port.getLocalPort() + "/api/v1");
    }
    try (RunningGateway other = another(nobody, Map.of())) {
      InternalServerException refusal =
          assertRefused(
              InternalServerException.class,
              () -> chat(client(other, 0), MODEL),
              502,
              "api_error",
              "upstream_unavailable");
      // Nothing was sent, so it may be tried again.
      assertThat(refusal.headers().values("x-should-retry")).isEmpty();
      assertCharged(other.admin(), RunningGateway.PROJECT, 0);
    }
  }

  @Test
  void drainingGatewayIsAServerErrorThatSaysWhenToComeAgain() throws Exception {
    try (RunningGateway other = another(upstream.baseUrl(), Map.of())) {
      other.gateway().drain();

      InternalServerException refusal =
          assertRefused(
              InternalServerException.class,
              () -> chat(client(other, 0), MODEL),
              503,
              "api_error",
              "unavailable");

      assertThat(refusal).hasMessage("503: Service temporarily unavailable");
      assertThat(refusal.headers().values("retry-after")).hasSize(1);
    }
    assertThat(upstream.calls()).isEmpty();
  }

  @Test
  void upstreamsOwnRefusalKeepsItsClassAndItsWords() {
    UnprocessableEntityException refusal =
        catchThrowableOfType(
            UnprocessableEntityException.class,
            () -> chat(client, OpenRouterUpstream.STATUS + 422));

    assertThat(refusal).hasMessage("422: Provider returned error");
    assertThat(refusal.body().toString()).contains("code=422").contains("provider_name=Acme");
    // OpenRouter's code is a number, which the SDK does not take for one. Not ours to change.
    assertThatThrownBy(refusal::code).isInstanceOf(OpenAIInvalidDataException.class);
    assertCharged(0);
  }

  @ParameterizedTest
  @CsvSource({
    "400, BadRequestException",
    "401, UnauthorizedException",
    "402, UnexpectedStatusCodeException",
    "403, PermissionDeniedException",
    "404, NotFoundException",
    "408, UnexpectedStatusCodeException",
    "413, UnexpectedStatusCodeException",
    "429, RateLimitException",
    "500, InternalServerException",
    "503, InternalServerException",
    "529, InternalServerException"
  })
  void upstreamsOwnRefusalIsOfItsClass(int status, String exception) {
    assertThatThrownBy(() -> chat(client(url, key, 0), OpenRouterUpstream.STATUS + status))
        .isInstanceOf(OpenAIServiceException.class)
        .hasMessage(status + ": Provider returned error")
        .extracting(refusal -> refusal.getClass().getSimpleName())
        .isEqualTo(exception);
    assertCharged(0);
  }

  @Test
  void upstreamsOwnRateLimitIsTriedAgainAndCostsNothing() {
    RateLimitException refusal =
        catchThrowableOfType(
            RateLimitException.class,
            () -> chat(client(url, key, 1), OpenRouterUpstream.STATUS + 429));

    assertThat(refusal.headers().values("retry-after")).containsExactly("1");
    assertThat(upstream.calls()).hasSize(2);
    assertCharged(0);
  }

  @Test
  void errorInTheMiddleOfAStreamIsThrown() {
    List<ChatCompletionChunk> read = new ArrayList<>();
    try (StreamResponse<ChatCompletionChunk> chunks =
        client
            .chat()
            .completions()
            .createStreaming(params(OpenRouterUpstream.FAILS_MIDWAY).build())) {
      assertThatThrownBy(() -> chunks.stream().forEach(read::add))
          .isInstanceOf(SseException.class)
          .hasMessageContaining("Provider disconnected");
    }
    assertThat(read).hasSize(1);
    assertCharged(1);
  }
}
