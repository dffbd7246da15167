package dev.tollgate.gateway.signal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tollgate.gateway.Gateway;
import dev.tollgate.gateway.testkit.JettyContainer;
import dev.tollgate.gateway.testkit.RawClient;
import dev.tollgate.gateway.testkit.RunningGateway;
import dev.tollgate.gateway.testkit.Scrape;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import dev.tollgate.gateway.testkit.Tenant;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code /metrics} of a running gateway. */
class MetricsTest {
  private static final String TOKEN = "an-admin-token-of-forty-characters-or-so";
  private static final String CHAT = "/api/v1/chat/completions";
  private static final String USAGE =
      "\"usage\":{\"cost\":0.0000123,\"prompt_tokens\":7,\"completion_tokens\":3}";
  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  @TempDir Path directory;
  private final ScriptedUpstream upstream = new ScriptedUpstream();
  private RunningGateway gateway;
  private Tenant tenant;

  @BeforeEach
  void start() throws Exception {
    gateway =
        RunningGateway.start(
            directory, upstream.baseUrl(), Map.of("tollgate.admin.token", TOKEN), 30_000);
    tenant = Tenant.of(gateway, "5");
  }

  @AfterEach
  void stop() throws Exception {
    gateway.close();
    upstream.close();
  }

  private HttpResponse<String> ask(String method, String token) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(gateway.uri("/metrics")).method(method, BodyPublishers.noBody());
    if (token != null) {
      request.header("Authorization", "Bearer " + token);
    }
    return HTTP.send(request.build(), BodyHandlers.ofString());
  }

  private Scrape scrape() throws Exception {
    HttpResponse<String> answer = ask("GET", TOKEN);
    assertThat(answer.statusCode()).isEqualTo(200);
    return new Scrape(answer.body());
  }

  private HttpResponse<String> chat(String body) throws Exception {
    return HTTP.send(
        tenant.request(tenant.chat()).POST(BodyPublishers.ofString(body)).build(),
        BodyHandlers.ofString());
  }

  private void awaitIdle() {
    await().until(() -> gateway.gateway().awaitIdle(Duration.ZERO));
  }

  @Test
  void onlyTheOperatorSeesThem() throws Exception {
    HttpResponse<String> right = ask("GET", TOKEN);
    assertThat(right.statusCode()).isEqualTo(200);
    assertThat(right.headers().firstValue("Content-Type"))
        .hasValueSatisfying(
            type ->
                assertThat(type.replace(" ", "").toLowerCase(java.util.Locale.ROOT))
                    .isEqualTo("text/plain;version=0.0.4;charset=utf-8"));
    assertThat(right.headers().firstValue("Cache-Control")).hasValue("no-store");

    HttpResponse<String> none = ask("GET", null);
    assertThat(none.statusCode()).isEqualTo(401);
    assertThat(none.body())
        .startsWith("{\"error\":")
        .contains("\"code\":\"missing_api_key\"")
        .doesNotContain("tollgate_");

    for (String wrong : List.of(TOKEN + "x", TOKEN.substring(1), tenant.key())) {
      HttpResponse<String> refused = ask("GET", wrong);
      assertThat(refused.statusCode()).isEqualTo(401);
      assertThat(refused.body()).contains("\"code\":\"invalid_api_key\"");
      assertThat(refused.headers().firstValue("X-Request-Id")).isPresent();
    }
  }

  @Test
  void headHasNoBodyAndOtherMethodsAreRefused() throws Exception {
    HttpResponse<String> head = ask("HEAD", TOKEN);
    assertThat(head.statusCode()).isEqualTo(200);
    assertThat(head.body()).isEmpty();
    assertThat(ask("HEAD", null).statusCode()).isEqualTo(401);

    HttpResponse<String> options = ask("OPTIONS", null);
    assertThat(options.statusCode()).isEqualTo(204);
    assertThat(options.headers().firstValue("Allow")).hasValue("GET, HEAD, OPTIONS");

    HttpResponse<String> post = ask("POST", TOKEN);
    assertThat(post.statusCode()).isEqualTo(405);
    assertThat(post.headers().firstValue("Allow")).hasValue("GET, HEAD, OPTIONS");
    assertThat(post.body()).contains("\"code\":\"method_not_allowed\"");
  }

  @Test
  void withoutATokenThereAreNoneAndTheApplicationsOwnStay() throws Exception {
    Path own = java.nio.file.Files.createDirectory(directory.resolve("own"));
    try (Gateway without = RunningGateway.build(own, upstream.baseUrl(), Map.of());
        JettyContainer container = new JettyContainer("/", 30_000, without::install);
        RawClient client = new RawClient(container.port())) {
      client.send("GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
      assertThat(client.readToEnd()).startsWith("HTTP/1.1 404");
      assertThat(without.metricsServlet()).isEmpty();
    }
  }

  @Test
  void aRelayedChatIsCountedInAllThatItIsAbout() throws Exception {
    upstream.script(
        (request, connection) ->
            connection.write(
                ScriptedUpstream.json(200, "{\"choices\":[{\"text\":\"x\"}]," + USAGE + "}")));

    int bytes = chat("{\"model\":\"m\"}").body().length();
    awaitIdle();

    Scrape scrape = scrape();
    assertThat(
            scrape.sum(
                "tollgate_requests_total",
                "route=" + CHAT,
                "flavor=pinme",
                "outcome=complete",
                "status=200"))
        .isEqualTo(1);
    assertThat(scrape.sum("tollgate_request_body_bytes_total")).isEqualTo(13);
    assertThat(scrape.sum("tollgate_response_body_bytes_total")).isEqualTo(bytes);
    assertThat(scrape.sum("tollgate_time_to_first_byte_seconds_count", "route=" + CHAT))
        .isEqualTo(1);
    assertThat(scrape.sum("tollgate_charged_usd_total")).isEqualTo(0.0000123);
    assertThat(scrape.sum("tollgate_settled_charged_total")).isEqualTo(1);
    assertThat(scrape.sum("gen_ai_client_token_usage_sum", "gen_ai_token_type=input")).isEqualTo(7);
    assertThat(scrape.sum("gen_ai_client_token_usage_sum", "gen_ai_token_type=output"))
        .isEqualTo(3);
    assertThat(scrape.sum("gen_ai_server_request_duration_seconds_count")).isEqualTo(1);
    assertThat(scrape.sum("gen_ai_server_time_to_first_token_seconds_count"))
        .as("no stream")
        .isZero();
    assertThat(scrape.sum("tollgate_ready")).isEqualTo(1);
    assertThat(scrape.sum("tollgate_draining")).isZero();
    assertThat(scrape.sum("tollgate_database_disk_free_bytes")).isPositive();
    assertThat(scrape.sum("tollgate_database_file_bytes")).isPositive();
    assertThat(scrape.sum("process_open_fds")).isPositive();
  }

  /** A comment keeps a stream alive; it is no token. */
  @Test
  void theFirstTokenOfAStreamIsLaterThanItsFirstByte() throws Exception {
    CountDownLatch seen = new CountDownLatch(1);
    upstream.script(
        (request, connection) -> {
          connection.write(ScriptedUpstream.streamHead()).chunk(": PROCESSING\n\n");
          await().until(() -> seen.getCount() == 0);
          connection
              .chunk("data: {\"choices\":[{\"delta\":{\"content\":\"Hello\"}}]}\n\n")
              .chunk("data: {" + USAGE + "}\n\ndata: [DONE]\n\n")
              .lastChunk();
        });
    try (RawClient client = tenant.connect()) {
      String body = "{\"model\":\"m\",\"stream\":true}";
      client.send(tenant.chatHead("Content-Length: " + body.length()) + body);
      client.readUntil("PROCESSING");
      long pause = System.nanoTime();
      await().until(() -> System.nanoTime() - pause > 50_000_000);
      seen.countDown();
      client.readUntil("0\r\n\r\n");
    }
    awaitIdle();

    Scrape scrape = scrape();
    double first = scrape.sum("tollgate_time_to_first_byte_seconds_sum", "route=" + CHAT);
    double token = scrape.sum("gen_ai_server_time_to_first_token_seconds_sum");
    assertThat(scrape.sum("gen_ai_server_time_to_first_token_seconds_count")).isEqualTo(1);
    assertThat(token).isGreaterThan(first + 0.05);
    assertThat(scrape.sum("tollgate_stream_duration_seconds_count", "outcome=complete"))
        .isEqualTo(1);
    assertThat(scrape.sum("tollgate_stream_duration_seconds_sum")).isGreaterThan(0.05);
  }

  @Test
  void aRefusalIsCountedByItsCode() throws Exception {
    HTTP.send(
        HttpRequest.newBuilder(gateway.uri("/api/v1/models"))
            .header("Authorization", "Bearer tg_wrong")
            .build(),
        BodyHandlers.ofString());
    HTTP.send(HttpRequest.newBuilder(gateway.uri("/api/v1/none")).build(), BodyHandlers.ofString());
    awaitIdle();

    Scrape scrape = scrape();
    assertThat(scrape.sum("tollgate_refusals_total", "code=invalid_api_key")).isEqualTo(1);
    assertThat(scrape.sum("tollgate_refusals_total", "code=not_found")).isEqualTo(1);
    assertThat(scrape.sum("tollgate_refusals_total")).isEqualTo(2);
    assertThat(scrape.sum("tollgate_requests_total", "flavor=openai", "status=401")).isEqualTo(1);
  }

  @Test
  void openHoldsAndExchangesAreThoseOfRequestsOnTheirWay() throws Exception {
    CountDownLatch end = new CountDownLatch(1);
    upstream.script(
        (request, connection) -> {
          await().until(() -> end.getCount() == 0);
          connection.write(ScriptedUpstream.json(200, "{" + USAGE + "}"));
        });
    try (RawClient client = tenant.connect()) {
      client.send(tenant.chatHead("Content-Length: 2") + "{}");
      upstream.take();

      Scrape scrape = scrape();
      assertThat(scrape.sum("tollgate_open_holds", "age=under_10s")).isEqualTo(1);
      assertThat(scrape.sum("tollgate_open_holds")).isEqualTo(1);
      assertThat(scrape.families().get("tollgate_open_holds").samples()).hasSize(4);
      assertThat(scrape.sum("tollgate_open_exchanges")).isEqualTo(1);
      assertThat(scrape.sum("tollgate_pending_settlements")).isZero();
      end.countDown();
      client.readUntil("}}");
    }
  }

  @Test
  void aRequestWhoseCostIsNotKnownIsPending() throws Exception {
    upstream.script(
        (request, connection) ->
            connection
                .write(ScriptedUpstream.streamHead())
                .chunk("data: {\"choices\":[{\"delta\":{\"content\":\"Hello\"}}]}\n\n")
                .reset());
    try (RawClient client = tenant.connect()) {
      client.send(tenant.chatHead("Connection: close", "Content-Length: 2") + "{}");
      client.readToEnd();
    }
    awaitIdle();
    await()
        .untilAsserted(
            () -> assertThat(scrape().sum("tollgate_settled_pending_total")).isEqualTo(1));
    // What was read of the database is believed for some seconds.
    await()
        .atMost(Duration.ofSeconds(15))
        .untilAsserted(() -> assertThat(scrape().sum("tollgate_pending_settlements")).isEqualTo(1));
    assertThat(scrape().sum("tollgate_requests_total", "outcome=upstream_failed")).isEqualTo(1);
  }

  @Test
  void aDrainingGatewayIsNotReadyAndShowsIt() throws Exception {
    gateway.gateway().announceDrain();

    assertThat(scrape().sum("tollgate_ready")).isZero();
    assertThat(scrape().sum("tollgate_draining")).isEqualTo(1);
  }

  /** Whatever a client makes up, no label has a value for it. */
  @Test
  void clientsMakeNoLabels() throws Exception {
    upstream.script(
        (request, connection) -> connection.write(ScriptedUpstream.json(200, "{" + USAGE + "}")));
    Set<String> before = exercised();

    for (int i = 0; i < 30; i++) {
      String made = "made" + i + "up";
      chat("{\"model\":\"" + made + "\",\"user\":\"" + made + "\"}");
      raw(made + " /api/v1/models HTTP/1.1\r\nHost: x");
      raw("GET /api/v1/" + made + " HTTP/1.1\r\nHost: x");
      raw("GET /api/v1/models?" + made + "=" + made + " HTTP/1.1\r\nHost: x\r\nX-API-Key: " + made);
      raw("GET /v0/" + made + " HTTP/1.1\r\nHost: " + made + "\r\nAuthorization: " + made);
      raw("POST " + CHAT + "?project_name=" + made + " HTTP/1.1\r\nHost: x\r\nX-API-Key: " + made);
      raw(
          "GET /api/v1/model/"
              + made
              + "/"
              + made
              + " HTTP/1.1\r\nHost: x\r\nX-API-Key: "
              + tenant.key());
    }
    awaitIdle();

    assertThat(scrape().labelValues()).isEqualTo(before);
    assertThat(scrape().labelValues()).noneMatch(value -> value.contains("made"));
  }

  /** The values of labels once there was one request of each kind. */
  private Set<String> exercised() throws Exception {
    chat("{\"model\":\"m\"}");
    raw("NONE /api/v1/models HTTP/1.1\r\nHost: x");
    raw("GET /api/v1/none HTTP/1.1\r\nHost: x");
    raw("GET /api/v1/models?a=b HTTP/1.1\r\nHost: x\r\nX-API-Key: x");
    raw("GET /v0/x HTTP/1.1\r\nHost: x\r\nAuthorization: x");
    raw("POST " + CHAT + "?project_name=x HTTP/1.1\r\nHost: x\r\nX-API-Key: x");
    raw("GET /api/v1/model/a/b HTTP/1.1\r\nHost: x\r\nX-API-Key: " + tenant.key());
    awaitIdle();
    return new TreeSet<>(scrape().labelValues());
  }

  private void raw(String head) throws Exception {
    try (RawClient client = new RawClient(gateway.port())) {
      client.send(head + "\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
      client.readToEnd();
    }
  }

  @Test
  void theOperatorsOwnListenerNeedsNoToken() throws Exception {
    try (JettyContainer container =
        new JettyContainer("/", 30_000, context -> gateway.gateway().installAdmin(context))) {
      HttpResponse<String> answer =
          HTTP.send(
              HttpRequest.newBuilder(
                      URI.create("http://127.0.0.1:" + container.port() + "/metrics"))
                  .build(),
              BodyHandlers.ofString());
      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(new Scrape(answer.body()).sum("tollgate_ready")).isEqualTo(1);
    }
  }
}
