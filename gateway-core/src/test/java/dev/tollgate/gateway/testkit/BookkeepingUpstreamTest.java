package dev.tollgate.gateway.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigDecimal;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BookkeepingUpstreamTest {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);

  private final BookkeepingUpstream upstream = new BookkeepingUpstream();
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  @AfterEach
  void close() throws IOException {
    upstream.close();
    assertThat(upstream.failures()).isEmpty();
  }

  private HttpRequest chat(String wishes) {
    return HttpRequest.newBuilder(URI.create(upstream.baseUrl() + "/chat/completions"))
        .timeout(Duration.ofSeconds(10))
        .POST(BodyPublishers.ofString("{\"model\":\"a/model\"" + wishes + "}"))
        .build();
  }

  private HttpResponse<String> ask(String wishes) throws Exception {
    return client.send(chat(wishes), BodyHandlers.ofString());
  }

  private HttpResponse<String> get(String path) throws Exception {
    URI uri = URI.create(upstream.baseUrl() + path);
    return client.send(
        HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(10)).build(),
        BodyHandlers.ofString());
  }

  @Test
  void aJsonAnswerSaysWhatIsInTheBooks() throws Exception {
    HttpResponse<String> answer = ask(",\"x_cost\":\"1.2345678901234567e-7\"");
    JsonNode body = JSON.readTree(answer.body());

    assertThat(answer.headers().firstValue("X-Generation-Id")).hasValue("gen-1");
    assertThat(body.path("id").asText()).isEqualTo("gen-1");
    assertThat(body.at("/usage/cost").decimalValue()).isEqualTo("1.2345678901234567E-7");
    assertThat(answer.body()).contains("\"cost\":1.2345678901234567e-7,");
    assertThat(upstream.books())
        .isEqualTo(Map.of("gen-1", new BigDecimal("1.2345678901234567e-7")));
    assertThat(upstream.dispatched()).isEqualTo(1);
  }

  @Test
  void aCostThatNobodyAskedForHasManyDigits() throws Exception {
    ask("");

    assertThat(upstream.books().get("gen-1").precision()).isEqualTo(17);
  }

  @Test
  void aStreamEndsWithUsageAndDone() throws Exception {
    HttpResponse<String> answer =
        ask(",\"stream\":true,\"x_events\":4,\"x_cost\":\"0.01\",\"x_pause_ms\":2");
    List<String> events = List.of(answer.body().split("\n\n"));

    assertThat(answer.headers().firstValue("Content-Type")).hasValue("text/event-stream");
    assertThat(answer.headers().firstValue("X-Generation-Id")).hasValue("gen-1");
    assertThat(events).hasSize(7).startsWith(": OPENROUTER PROCESSING").endsWith("data: [DONE]");
    assertThat(events.subList(1, 5)).allMatch(event -> event.contains("\"content\":\"w \""));
    JsonNode last = JSON.readTree(events.get(5).substring("data: ".length()));
    assertThat(last.at("/usage/cost").decimalValue()).isEqualTo("0.01");
    assertThat(last.at("/usage/completion_tokens").asInt()).isEqualTo(4);
  }

  @Test
  void aStreamThatBreaksIsPaidUpToTheBreak() {
    assertThatThrownBy(
            () ->
                ask(
                    ",\"stream\":true,\"x_events\":4,\"x_cost\":\"0.11\","
                        + "\"x_pause_ms\":2,\"x_break_after\":2"))
        .isInstanceOf(IOException.class);
    assertThat(upstream.books().get("gen-1")).isEqualByComparingTo("0.09");
  }

  @Test
  void anAnswerThatBreaksIsPaidWhole() {
    assertThatThrownBy(() -> ask(",\"x_cost\":\"0.11\",\"x_break_after\":0"))
        .isInstanceOf(IOException.class);
    assertThat(upstream.books().get("gen-1")).isEqualByComparingTo("0.11");
  }

  @Test
  void aStreamThatTheClientLeavesIsPaidUpToThere() throws Exception {
    HttpResponse<InputStream> answer =
        client.send(
            chat(",\"stream\":true,\"x_events\":1000,\"x_cost\":\"1.007\",\"x_pause_ms\":20"),
            BodyHandlers.ofInputStream());
    try (InputStream body = answer.body()) {
      body.readNBytes(100);
      assertThat(get("/generation?id=gen-1").statusCode()).isEqualTo(404);
    }

    await().until(() -> upstream.books().containsKey("gen-1"));
    BigDecimal cost = upstream.books().get("gen-1");
    assertThat(cost).isBetween(new BigDecimal("0.007"), new BigDecimal("0.5"));
    JsonNode data = JSON.readTree(get("/generation?id=gen-1").body()).path("data");
    assertThat(data.path("total_cost").decimalValue()).isEqualByComparingTo(cost);
    assertThat(data.path("native_tokens_completion").asInt()).isLessThan(500);
  }

  @Test
  void aGenerationIsNotFoundAtFirst() throws Exception {
    upstream.hideGenerations(2);
    ask(",\"x_cost\":\"0.0000123\"");
    ask("");

    HttpResponse<String> first = get("/generation?id=gen-1");
    assertThat(first.statusCode()).isEqualTo(404);
    assertThat(first.body())
        .isEqualTo("{\"error\":{\"message\":\"Generation gen-1 not found\",\"code\":404}}");
    assertThat(get("/generation?id=gen-1").statusCode()).isEqualTo(404);
    assertThat(JSON.readTree(get("/generation?id=gen-1").body()))
        .isEqualTo(
            JSON.readTree(
                "{\"data\":{\"id\":\"gen-1\",\"total_cost\":0.0000123,\"is_byok\":false,"
                    + "\"native_tokens_prompt\":7,\"native_tokens_completion\":3,"
                    + "\"model\":\"a/model\"}}"));
    assertThat(get("/generation?id=gen-2").statusCode()).isEqualTo(404);
    assertThat(get("/generation?id=gen-99").statusCode()).isEqualTo(404);
  }

  @Test
  void anErrorCostsNothing() throws Exception {
    HttpResponse<String> answer = ask(",\"x_status\":503");

    assertThat(answer.statusCode()).isEqualTo(503);
    assertThat(answer.headers().firstValue("X-Generation-Id")).isEmpty();
    assertThat(upstream.books()).isEmpty();
    assertThat(upstream.dispatched()).isEqualTo(1);
  }

  @Test
  void anAnswerMayTellNeitherIdNorUsage() throws Exception {
    for (String stream : List.of("", ",\"stream\":true")) {
      HttpResponse<String> answer = ask(",\"x_no_id\":true,\"x_no_usage\":true" + stream);

      assertThat(answer.headers().firstValue("X-Generation-Id")).isEmpty();
      assertThat(answer.body()).doesNotContain("gen-").doesNotContain("usage");
    }
    assertThat(upstream.books()).hasSize(2);
  }

  @Test
  void thePriceListIsWhatWasPutThere() throws Exception {
    assertThat(get("/models").body()).isEqualTo("{\"data\":[]}");

    upstream.price(
        new BookkeepingUpstream.Model("a/model", "0.000000003625", "0.00001", 8192, 4096));

    assertThat(get("/models").body())
        .isEqualTo(
            "{\"data\":[{\"id\":\"a/model\",\"pricing\":{\"prompt\":\"0.000000003625\","
                + "\"completion\":\"0.00001\"},\"context_length\":8192,"
                + "\"top_provider\":{\"max_completion_tokens\":4096}}]}");
  }

  @Test
  void manyAtOnceGetWhatEachAskedFor() throws Exception {
    List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
    for (int i = 1; i <= 40; i++) {
      String cost = "0.0000" + (1000 + i);
      String stream = i % 2 == 0 ? ",\"stream\":true,\"x_pause_ms\":1" : "";
      answers.add(
          client.sendAsync(
              chat(",\"x_cost\":\"" + cost + "\",\"x_events\":" + i + stream),
              BodyHandlers.ofString()));
    }

    for (int i = 1; i <= 40; i++) {
      HttpResponse<String> answer = answers.get(i - 1).join();
      String id = answer.headers().firstValue("X-Generation-Id").orElseThrow();
      String cost = "0.0000" + (1000 + i);
      assertThat(answer.body()).contains("\"cost\":" + new BigDecimal(cost).toString());
      assertThat(upstream.books().get(id)).isEqualByComparingTo(cost);
    }
    assertThat(upstream.dispatched()).isEqualTo(40);
    BigDecimal sum = upstream.books().values().stream().reduce(BigDecimal.ZERO, BigDecimal::add);
    assertThat(JSON.readTree(get("/key").body()).at("/data/usage").decimalValue())
        .isEqualByComparingTo(sum);
  }
}
