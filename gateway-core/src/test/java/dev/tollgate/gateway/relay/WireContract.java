package dev.tollgate.gateway.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tollgate.gateway.account.Markup;
import dev.tollgate.gateway.admin.AdminService;
import dev.tollgate.gateway.admin.LimitsChange;
import dev.tollgate.gateway.admin.ProjectChange;
import dev.tollgate.gateway.ledger.Entry;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.testkit.HomeContract;
import dev.tollgate.gateway.testkit.RawClient;
import dev.tollgate.gateway.testkit.RunningGateway;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import dev.tollgate.gateway.testkit.ScriptedUpstream.Received;
import dev.tollgate.gateway.testkit.Tenant;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * What SDKs and agents send beside a plain request, and what they are answered. {@link
 * RelayContract} and {@code RefusalContract} have what every client may meet, such as the limits of
 * a body and escapes in a path. Extend it to test a home whose gateway has the alias {@code /v1}.
 */
public abstract class WireContract extends HomeContract {
  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private static final String CHAT = Tenant.CHAT;
  private static final String STREAM = "{\"model\":\"x/plain\",\"max_tokens\":500,\"stream\":true}";
  private static final ScriptedUpstream.Script KNOWS_NOTHING =
      (request, connection) -> connection.write(ScriptedUpstream.json(404, "{}"));

  @AfterEach
  void leaveInOrder() throws Exception {
    await().pollDelay(Duration.ZERO).until(() -> !tenant.isBusy());
    upstream.background(KNOWS_NOTHING);
    leave();
    assertThat(upstream.failures()).isEmpty();
  }

  /** After each test, which must have left nothing open. */
  protected void leave() throws Exception {}

  private String bearer() {
    return "Bearer " + tenant.key();
  }

  private HttpResponse<String> send(String method, String path, String... headers)
      throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(tenant.uri(path))
            .method(method, BodyPublishers.ofString("{}"))
            .headers(headers)
            .build();
    return HTTP.send(request, BodyHandlers.ofString());
  }

  private String rawHead(String methodAndPath, String... headers) {
    return methodAndPath.replaceFirst(" ", " " + tenant.home().contextPath())
        + " HTTP/1.1\r\nHost: localhost\r\n"
        + String.join("\r\n", headers)
        + "\r\n\r\n";
  }

  private Entry awaitCharge() {
    AdminService admin = tenant.home().admin();
    return await()
        .atMost(Duration.ofSeconds(30))
        .until(
            () ->
                admin.entries(tenant.project(), 10).stream()
                    .filter(entry -> entry.kind() == Entry.Kind.CHARGE)
                    .findFirst()
                    .orElse(null),
            charge -> charge != null);
  }

  // --- credentials

  @Test
  void ofTwoKeysTheOneOfOurFormDecides() throws Exception {
    assertThat(send("POST", CHAT, "Authorization", bearer(), "X-API-Key", "foreign-key-1"))
        .returns(200, HttpResponse::statusCode);
    assertOnlyTheUpstreamKeyWasSent(upstream.take());

    assertThat(
            send(
                "POST",
                tenant.chatPath(),
                "X-API-Key",
                tenant.key(),
                "Authorization",
                "Bearer foreign-key-1"))
        .returns(200, HttpResponse::statusCode);
    assertOnlyTheUpstreamKeyWasSent(upstream.take());
  }

  private static void assertOnlyTheUpstreamKeyWasSent(Received received) {
    assertThat(received.values("Authorization"))
        .containsExactly("Bearer " + RunningGateway.UPSTREAM_KEY);
    assertThat(received.values("X-API-Key")).isEmpty();
  }

  @Test
  void headersThatChooseWhoIsBilledDoNotGoUpstreamBesideTheOperatorsKey() throws Exception {
    send(
        "POST",
        CHAT,
        "Authorization",
        bearer(),
        "OpenAI-Organization",
        "org-1",
        "OpenAI-Project",
        "proj-1",
        "Anthropic-Workspace-Id",
        "workspace-1",
        "OpenAI-Beta",
        "some=1");

    Received received = upstream.take();
    assertThat(received.values("OpenAI-Organization")).isEmpty();
    assertThat(received.values("OpenAI-Project")).isEmpty();
    assertThat(received.values("Anthropic-Workspace-Id")).isEmpty();
    assertThat(received.values("OpenAI-Beta")).containsExactly("some=1");
  }

  @Test
  void aTypeThatNoServerUnderstandsWithoutAKeyLacksTheKey() throws Exception {
    for (String type : List.of("a; charset=foo", "application/json; charset=\"", ";;;")) {
      try (RawClient client = tenant.connect()) {
        client.send(rawHead("POST " + CHAT, "Content-Type: " + type, "Content-Length: 3") + "a=b");
        String head = client.readHead();
        assertThat(head).as(type).startsWith("HTTP/1.1 401");
        assertThat(client.readBody(head)).contains("X-API-Key header is required");
      }
    }
  }

  // --- paths

  @Test
  void theApiIsServedBelowV1AsWell() throws Exception {
    assertThat(send("POST", "/v1/chat/completions", "Authorization", bearer()))
        .returns(200, HttpResponse::statusCode);
    assertThat(upstream.take().target()).isEqualTo(CHAT);
  }

  @Test
  void aPathWithoutApiAndVersionIsToldTheRoute() throws Exception {
    HttpResponse<String> answer = send("POST", "/chat/completions", "Authorization", bearer());

    String context = tenant.home().contextPath();
    assertThat(answer.statusCode()).isEqualTo(404);
    assertThat(answer.body())
        .contains("\"Not found: POST " + context + "/chat/completions (did you mean " + context)
        .contains("/v1/chat/completions?)\"");
    assertThat(upstream.waiting()).isZero();
  }

  @Test
  void aWebSocketIsToldToUseHttpAtOnce() throws Exception {
    try (RawClient client = tenant.connect()) {
      client.send(
          rawHead(
              "GET /api/v1/responses",
              "Authorization: " + bearer(),
              "Connection: Upgrade",
              "Upgrade: websocket",
              "Sec-WebSocket-Version: 13",
              "Sec-WebSocket-Key: AAECAwQFBgcICQoLDA0ODw=="));
      String head = client.readHead();
      assertThat(head).startsWith("HTTP/1.1 426").containsIgnoringCase("\r\nUpgrade: HTTP/1.1");
      assertThat(client.readBody(head)).contains("\"code\":\"upgrade_required\"");
    }
    assertThat(upstream.waiting()).isZero();
  }

  // --- bodies

  @Test
  void aDeclaredLengthThatIsTooLargeIsRefusedCompletelyWhileTheClientWaits() throws Exception {
    try (RawClient client = tenant.connect()) {
      long start = System.nanoTime();
      client.send(
          rawHead(
              "POST " + tenant.chatPath(),
              "X-API-Key: " + tenant.key(),
              "Content-Type: application/json",
              "Content-Length: 1048676"));
      String head = client.readHead();
      String body = client.readBody(head);
      Duration took = Duration.ofNanos(System.nanoTime() - start);

      assertThat(head).startsWith("HTTP/1.1 413").containsIgnoringCase("\r\nContent-Length: ");
      assertThat(body).contains("\"error\":\"Request body too large (max 1MB)\"");
      assertThat(took).isLessThan(Duration.ofSeconds(2));
    }
    assertThat(upstream.waiting()).isZero();
  }

  // --- answers

  @Test
  void aMistypedStreamIsClosedWhenItsClientLeavesAndIsPaidByLookUp() throws Exception {
    CompletableFuture<Boolean> closed = new CompletableFuture<>();
    upstream.background(
        (request, connection) ->
            connection.write(
                request.target().contains("/generation?id=gen-mistyped")
                    ? ScriptedUpstream.json(
                        200, "{\"data\":{\"id\":\"gen-mistyped\",\"total_cost\":0.0019}}")
                    : ScriptedUpstream.json(404, "{}")));
    upstream.script(
        (request, connection) -> {
          connection.write(
              "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                  + "X-Generation-Id: gen-mistyped\r\nTransfer-Encoding: chunked\r\n\r\n");
          connection.chunk("data: {\"choices\":[{\"delta\":{\"content\":\"word \"}}]}\n\n");
          closed.complete(goesOnUntilClosed(connection));
          connection.close();
        });

    try (RawClient client = tenant.connect()) {
      client.send(
          rawHead(
                  "POST " + CHAT,
                  "Authorization: " + bearer(),
                  "Content-Length: " + STREAM.length())
              + STREAM);
      client.readUntil("\n\n\r\n");
    }

    assertThat(closed.get(20, TimeUnit.SECONDS)).as("closed").isTrue();
    Entry charge = awaitCharge();
    assertThat(charge.amount()).isEqualTo(Money.parse("0.0019"));
    assertThat(charge.flags()).isEmpty();
  }

  private static boolean goesOnUntilClosed(ScriptedUpstream.Connection connection) {
    try {
      for (int i = 0; i < 100; i++) {
        if (connection.closesWithin(100)) {
          return true;
        }
        connection.chunk("data: {\"choices\":[{\"delta\":{\"content\":\"word \"}}]}\n\n");
      }
      return false;
    } catch (IOException e) {
      return true;
    }
  }

  @Test
  void aMarkupIsChargedApartFromTheCost() throws Exception {
    tenant
        .home()
        .admin()
        .configure(
            tenant.project(), new ProjectChange(Markup.parse("10%"), null, LimitsChange.NONE));
    upstream.script(
        (request, connection) ->
            connection.write(
                ScriptedUpstream.json(
                    200,
                    "{\"choices\":[{\"message\":{\"content\":\"ok\"}}],\"usage\":"
                        + "{\"prompt_tokens\":5,\"completion_tokens\":5,\"cost\":0.004}}")));

    // A change made beside the server holds within a second.
    await()
        .atMost(Duration.ofSeconds(10))
        .pollInterval(Duration.ofMillis(250))
        .until(
            () -> {
              send("POST", CHAT, "Authorization", bearer());
              return tenant.home().admin().entries(tenant.project(), 10).stream()
                  .filter(entry -> entry.kind() == Entry.Kind.CHARGE)
                  .anyMatch(
                      charge ->
                          charge.amount().equals(Money.parse("0.0044"))
                              && charge.cost().equals(Money.parse("0.004")));
            });
  }

  @Test
  void anUpstreams401OfTheOperatorsKeyIsHidden() throws Exception {
    upstream.script(
        (request, connection) ->
            connection.write(
                ScriptedUpstream.json(
                    401, "{\"error\":{\"code\":401,\"message\":\"no such user\"}}")));

    HttpResponse<String> answer = send("POST", CHAT, "Authorization", bearer());

    assertThat(answer.statusCode()).isEqualTo(502);
    assertThat(answer.body()).contains("upstream_unavailable").doesNotContain("no such user");
    assertThat(tenant.home().admin().showProject(tenant.project()).balance().total())
        .isEqualTo(Money.parse("1000"));
  }
}
