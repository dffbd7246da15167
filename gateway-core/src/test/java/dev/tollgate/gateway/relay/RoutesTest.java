package dev.tollgate.gateway.relay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.testkit.RunningGateway;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import dev.tollgate.gateway.testkit.ScriptedUpstream.Received;
import dev.tollgate.gateway.testkit.SharedGateway;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every route of OpenRouter's, relayed and metered, whatever it carries. */
class RoutesTest extends SharedGateway {

  private HttpResponse<String> post(String path, String body) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(tenant.uri(path))
            .header("Authorization", "Bearer " + tenant.key())
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body));
    return HTTP.send(request.build(), BodyHandlers.ofString());
  }

  private String charged() {
    return gateway.admin().entries(tenant.project(), 1).get(0).amount().toString();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/models",
        "/models?category=programming&supported_parameters=tools",
        "/models/count?output_modalities=all",
        "/models/openai/gpt-4o-mini/endpoints",
        "/model/anthropic/claude-sonnet-4.6",
        "/embeddings/models",
        "/providers"
      })
  void whatIsToBeKnownOfModelsIsRelayedFree(String path) throws Exception {
    tenant.setBalance("0");
    upstream.script((request, connection) -> connection.write(ScriptedUpstream.json(200, "{}")));

    HttpResponse<String> answer =
        HTTP.send(tenant.request(tenant.uri("/api/v1" + path)).build(), BodyHandlers.ofString());

    assertThat(answer.statusCode()).isEqualTo(200);
    Received received = upstream.take();
    assertThat(received.target()).isEqualTo("/api/v1" + path);
    assertThat(received.values("Authorization"))
        .containsExactly("Bearer " + RunningGateway.UPSTREAM_KEY);
  }

  static Stream<Arguments> answers() {
    return Stream.of(
        Arguments.of(
            "/api/v1/completions",
            "{\"model\":\"a/b\",\"prompt\":\"hi\"}",
            "{\"choices\":[{\"text\":\"x\"}],\"usage\":{\"cost\":0.011}}",
            "0.011"),
        Arguments.of(
            "/api/v1/responses",
            "{\"model\":\"a/b\",\"input\":\"hi\"}",
            "{\"object\":\"response\",\"output\":[],\"usage\":{\"input_tokens\":9,\"cost\":0.012}}",
            "0.012"),
        Arguments.of(
            "/api/v1/messages",
            "{\"model\":\"a/b\",\"max_tokens\":5,\"messages\":[]}",
            "{\"type\":\"message\",\"content\":[],\"usage\":{\"input_tokens\":9,\"cost\":0.013}}",
            "0.013"),
        Arguments.of(
            "/api/v1/embeddings",
            "{\"model\":\"a/b\",\"input\":\"hi\"}",
            "{\"object\":\"list\",\"data\":[],\"usage\":{\"prompt_tokens\":8,\"cost\":0.014}}",
            "0.014"),
        Arguments.of(
            "/v0/llm/chat/completions",
            "{\"model\":\"a/b\",\"max_tokens\":5,\"messages\":[]}",
            "{\"choices\":[],\"usage\":{\"cost\":0.015}}",
            "0.015"));
  }

  @ParameterizedTest
  @MethodSource("answers")
  void aJsonAnswerIsRelayedAsItIsAndCharged(String path, String body, String json, String charge)
      throws Exception {
    upstream.script((request, connection) -> connection.write(ScriptedUpstream.json(200, json)));

    assertThat(post(path, body).body()).isEqualTo(json);

    assertThat(new String(upstream.take().body(), UTF_8)).isEqualTo(body);
    assertThat(charged()).isEqualTo(charge);
  }

  static Stream<Arguments> streams() {
    return Stream.of(
        Arguments.of(
            "/api/v1/completions",
            "data: {\"choices\":[{\"text\":\"x\"}]}\n\n"
                + "data: {\"choices\":[],\"usage\":{\"cost\":0.021}}\n\ndata: [DONE]\n\n",
            "0.021"),
        Arguments.of(
            "/api/v1/responses",
            ": \n\ndata: {\"type\":\"response.created\",\"response\":{\"usage\":null}}\n\n"
                + "data: {\"type\":\"response.completed\",\"response\":{\"usage\":"
                + "{\"cost\":0.022}}}\n\ndata: [DONE]\n\n",
            "0.022"),
        Arguments.of(
            "/api/v1/responses",
            "event: response.created\ndata: {\"type\":\"response.created\"}\n\n"
                + "event: response.completed\ndata: {\"type\":\"response.completed\","
                + "\"response\":{\"usage\":{\"cost\":0.023}}}\n\n",
            "0.023"),
        Arguments.of(
            "/api/v1/messages",
            "event: message_start\ndata: {\"type\":\"message_start\",\"message\":"
                + "{\"usage\":{\"input_tokens\":9}}}\n\n"
                + "event: message_delta\ndata: {\"type\":\"message_delta\",\"usage\":"
                + "{\"output_tokens\":2,\"cost\":0.024}}\n\n"
                + "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
            "0.024"),
        Arguments.of(
            "/v0/llm/chat/completions",
            "data: {\"choices\":[{\"delta\":{\"content\":\"x\"}}]}\r\n\r\n"
                + "data: {\"choices\":[],\"usage\":{\"cost\":0.025}}\r\n\r\ndata: [DONE]\r\n\r\n",
            "0.025"));
  }

  @ParameterizedTest
  @MethodSource("streams")
  void aStreamIsRelayedAsItIsAndCharged(String path, String events, String charge)
      throws Exception {
    upstream.script(
        (request, connection) ->
            connection.write(ScriptedUpstream.streamHead()).chunk(events).lastChunk());

    assertThat(post(path, "{\"stream\":true,\"max_tokens\":5}").body()).isEqualTo(events);

    assertThat(charged()).isEqualTo(charge);
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '\'',
      value = {
        "'{\"model\":\"a/b\",\"models\":[\"c/d\",\"e/f\"],\"route\":\"fallback\"}'",
        "'{\"provider\":{\"order\":[\"Azure\"],\"max_price\":{\"prompt\":\"1\"},\"zdr\":true}}'",
        "'{\"plugins\":[{\"id\":\"file-parser\",\"pdf\":{\"engine\":\"native\"}}]}'",
        "'{\"transforms\":[\"middle-out\"]}'",
        "'{\"tools\":[{\"type\":\"openrouter:web_search\",\"parameters\":{\"max_results\":5}}]}'",
        "'{\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"strict\":true}}}'",
        "'{\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"c1\"}]},"
            + "{\"role\":\"tool\",\"tool_call_id\":\"c1\",\"content\":\"4\"}]}'",
        "'{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\","
            + "\"cache_control\":{\"type\":\"ephemeral\"}}]}]}'",
        "'{\"temperature\":1.0,\"top_p\":1e-1,\"top_k\":0,\"min_p\":0.00,\"top_a\":-0,\"seed\":7,"
            + "\"frequency_penalty\":2E0,\"logit_bias\":{\"1\":-100},\"stop\":[\"\\u0000\"]}'",
        "'{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\","
            + "\"image_url\":{\"url\":\"data:image/png;base64,iVBORw0KGgo=\"}}]}]}'",
        "'{\"reasoning\":{\"effort\":\"high\",\"exclude\":false},\"include_reasoning\":true}'",
        "'{\"model\":\"a\",\"model\":\"b\",  \"x\\u00e9\":\"\ud83d\ude00\\ud83d\\ude00\" ,\"n\":1}'",
        "'not json at all'",
        "''"
      })
  void aBodyIsSentAsItCame(String body) throws Exception {
    post("/api/v1/chat/completions", body);

    assertThat(upstream.take().body()).isEqualTo(body.getBytes(UTF_8));
  }

  @Test
  void whoTheCallerIsToOpenRouterIsPassedOn() throws Exception {
    HttpRequest request =
        tenant
            .request(tenant.chat())
            .header("HTTP-Referer", "https://shop.example")
            .header("X-Title", "Shop")
            .header("X-OpenRouter-Title", "Shop")
            .header("X-OpenRouter-Cache", "true")
            .header("Cookie", "session=1")
            .POST(BodyPublishers.ofString("{}"))
            .build();
    HTTP.send(request, BodyHandlers.ofString());

    Received received = upstream.take();
    assertThat(received.values("HTTP-Referer")).containsExactly("https://shop.example");
    assertThat(received.values("X-Title")).containsExactly("Shop");
    assertThat(received.values("X-OpenRouter-Title")).containsExactly("Shop");
    assertThat(received.values("X-OpenRouter-Cache")).isEmpty();
    assertThat(received.values("Cookie")).isEmpty();
  }

  @Test
  void aLongQueryIsPassedOnToTheLetter() throws Exception {
    String query = "?q=" + "%41b+".repeat(1200) + "&project_name=x&q=2";

    HTTP.send(
        tenant.request(tenant.uri("/api/v1/models" + query)).build(), BodyHandlers.ofString());

    assertThat(upstream.take().target())
        .isEqualTo("/api/v1/models?q=" + "%41b+".repeat(1200) + "&q=2");
  }

  @Test
  void anUpstreamsErrorPassesAsItIs() throws Exception {
    String error = "{\"error\":{\"message\":\"no/model is not a valid model ID\",\"code\":400}}";
    upstream.script((request, connection) -> connection.write(ScriptedUpstream.json(400, error)));

    HttpResponse<String> answer = post("/api/v1/responses", "{\"model\":\"no/model\"}");

    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(answer.body()).isEqualTo(error);
    assertThat(gateway.admin().entries(tenant.project(), 10)).hasSize(1);
  }
}
