package dev.tollgate.gateway.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tollgate.gateway.account.Secret;
import dev.tollgate.gateway.testkit.RunningGateway;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import dev.tollgate.gateway.testkit.SharedGateway;
import dev.tollgate.gateway.testkit.Tenant;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who sees what the upstream says of the operator's account. */
class AccountErrorsTest extends SharedGateway {
  private static final String KEY_REFUSED =
      "{\"error\":{\"code\":401,\"message\":\"no such user\"}}";
  private static final String OUT_OF_CREDITS =
      "{\"error\":{\"code\":402,\"message\":\"x\",\"metadata\":"
          + "{\"limit_source\":\"openrouter_credits\"}},\"user_id\":\"user_operator\"}";

  @AfterEach
  void nothingIsChargedOrHeld() {
    await().until(() -> !tenant.isBusy());
    assertThat(gateway.admin().unsettled(tenant.project(), 10)).isEmpty();
  }

  private HttpResponse<String> bear(String path) throws Exception {
    return HTTP.send(
        HttpRequest.newBuilder(tenant.uri(path))
            .header("Authorization", "Bearer " + tenant.key())
            .POST(BodyPublishers.ofString("{}"))
            .build(),
        BodyHandlers.ofString());
  }

  private HttpResponse<String> pinMe() throws Exception {
    return HTTP.send(
        tenant.request(tenant.chat()).POST(BodyPublishers.ofString("{}")).build(),
        BodyHandlers.ofString());
  }

  private static void answer(int status, String body) {
    upstream.script((request, connection) -> connection.write(ScriptedUpstream.json(status, body)));
  }

  private static void assertHidden(HttpResponse<String> answer) {
    assertThat(answer.statusCode()).isEqualTo(502);
    assertThat(answer.body()).contains("LLM service unavailable").doesNotContain("user");
    assertThat(answer.headers().firstValue("x-should-retry")).contains("false");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"/api/v1/chat/completions", "/v0/llm/chat/completions", "/api/v1/messages"})
  void a401IsHiddenFromAllFlavorsButPinMes(String path) throws Exception {
    answer(401, KEY_REFUSED);
    assertHidden(bear(path));
  }

  @Test
  void pinMesCallersSeeEveryAnswer() throws Exception {
    answer(401, KEY_REFUSED);
    assertThat(pinMe().body()).isEqualTo(KEY_REFUSED);
    answer(402, OUT_OF_CREDITS);
    assertThat(pinMe().body()).isEqualTo(OUT_OF_CREDITS);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        OUT_OF_CREDITS,
        "{\"error\":{\"metadata\":{\"limit_source\":\"openrouter_key_limit\"}}}",
        "{\"error\":{\"message\":\"Insufficient credits\",\"code\":402}}",
        "{\"error\":\"Insufficient Balance\"}",
        "<html>Payment required</html>",
        "[]",
        ""
      })
  void a402ThatSaysThatTheAccountIsOutOfCreditsIsHidden(String body) throws Exception {
    answer(402, body);
    assertHidden(bear(Tenant.CHAT));
  }

  @Test
  void anExhaustedBudgetIsUnavailableForAsLongAsTheUpstreamSays() throws Exception {
    String body =
        "{\"error\":{\"code\":402,\"metadata\":{\"reason\":\"in_flight_budget_exhausted\","
            + "\"limit_source\":\"openrouter_in_flight_budget\"}}}";
    upstream.script(
        (request, connection) ->
            connection
                .write(
                    "HTTP/1.1 402 X\r\nRetry-After: 7\r\nContent-Type: application/json\r\n"
                        + "Transfer-Encoding: chunked\r\n\r\n")
                .chunk(body.substring(0, 20))
                .chunk(body.substring(20))
                .lastChunk());

    HttpResponse<String> answer = bear(Tenant.CHAT);

    assertThat(answer.statusCode()).isEqualTo(503);
    assertThat(answer.body()).contains("Service temporarily unavailable");
    assertThat(answer.headers().firstValue("Retry-After")).contains("7");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"error\":{\"message\":\"This request requires more credits, or fewer max_tokens.\"}}",
        "{\"error\":{\"metadata\":{\"limit_source\":\"guardrail_budget\"}}}",
        "{\"error\":{\"metadata\":{\"reason\":\"weight_exceeds_budget\","
            + "\"limit_source\":\"openrouter_in_flight_budget\"}}}"
      })
  void a402AboutTheRequestPasses(String body) throws Exception {
    answer(402, body);

    HttpResponse<String> answer = bear(Tenant.CHAT);

    assertThat(answer.statusCode()).isEqualTo(402);
    assertThat(answer.body()).isEqualTo(body);
    assertThat(answer.headers().firstValue("Content-Type")).contains("application/json");
  }

  @Test
  void a402ThatBreaksOffOrHasNoEndIsHidden() throws Exception {
    upstream.script(
        (request, connection) ->
            connection.write("HTTP/1.1 402 X\r\nContent-Length: 100\r\n\r\n{\"err").close());
    assertHidden(bear(Tenant.CHAT));

    upstream.script(
        (request, connection) -> {
          connection.write("HTTP/1.1 402 X\r\nTransfer-Encoding: chunked\r\n\r\n");
          connection.chunk("x".repeat(100_000));
          connection.awaitClosed(10_000);
          connection.close();
        });
    assertHidden(bear(Tenant.CHAT));
  }

  @Test
  void anyAnswerToAProjectsOwnKeyPasses() throws Exception {
    tenant = Tenant.of(gateway, "5", Secret.of("sk-own"));
    answer(401, KEY_REFUSED);
    assertThat(bear(Tenant.CHAT).body()).isEqualTo(KEY_REFUSED);
    answer(402, OUT_OF_CREDITS);
    assertThat(bear(Tenant.CHAT).body()).isEqualTo(OUT_OF_CREDITS);
  }

  @Test
  void allOrNothingIsHiddenWhenSoConfigured(@TempDir Path directory) throws Exception {
    answer(402, OUT_OF_CREDITS);
    for (boolean hidden : new boolean[] {true, false}) {
      try (RunningGateway configured =
          RunningGateway.start(
              Files.createDirectory(directory.resolve("hidden-" + hidden)),
              upstream.baseUrl(),
              Map.of("tollgate.relay.redact-account-errors", String.valueOf(hidden)),
              30_000)) {
        tenant = Tenant.of(configured, "5");
        assertThat(pinMe().statusCode()).isEqualTo(hidden ? 502 : 402);
        assertThat(bear(Tenant.CHAT).statusCode()).isEqualTo(hidden ? 502 : 402);
        await().until(() -> !tenant.isBusy());
      }
    }
    tenant = Tenant.of(gateway, "5");
  }
}
