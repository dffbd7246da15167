package dev.tollgate.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tollgate.gateway.account.Limit;
import dev.tollgate.gateway.account.ModelList;
import dev.tollgate.gateway.account.Secret;
import dev.tollgate.gateway.admin.LimitsChange;
import dev.tollgate.gateway.admin.ProjectChange;
import dev.tollgate.gateway.testkit.RawClient;
import dev.tollgate.gateway.testkit.RunningGateway;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import dev.tollgate.gateway.testkit.Tenant;
import java.net.http.HttpClient;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Tenants are strangers: whatever one asks for, nothing of another one is in the answer, nor in
 * what goes upstream, nor of the operator's own account.
 */
class StrangersTest {
  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private static final Secret OTHERS_UPSTREAM_KEY = Secret.of("sk-or-v1-of-the-other-one");
  private static final String OTHERS_MODEL = "acme/only-for-the-other-one";

  private static ScriptedUpstream upstream;
  private static RunningGateway gateway;
  private static Tenant other;

  private Tenant tenant;

  @BeforeAll
  static void start(@TempDir Path directory) throws Exception {
    upstream = new ScriptedUpstream();
    gateway = RunningGateway.start(directory, upstream.baseUrl());
    other = Tenant.of(gateway, "1234.567891234", OTHERS_UPSTREAM_KEY);
    gateway
        .admin()
        .configure(
            other.project(),
            new ProjectChange(
                null,
                null,
                LimitsChange.NONE.set(Limit.MODELS, new ModelList(List.of(OTHERS_MODEL)))));
    upstream.script(
        (request, connection) ->
            connection.write(
                "HTTP/1.1 200 X\r\nContent-Type: application/json\r\n"
                    + "X-Generation-Id: gen-others\r\nContent-Length: 23\r\n\r\n"
                    + "{\"usage\":{\"cost\":0.25}}"));
    HttpResponse<String> made =
        HTTP.send(
            other
                .request(other.chat())
                .header("Idempotency-Key", "shared-name")
                .POST(BodyPublishers.ofString("{\"model\":\"" + OTHERS_MODEL + "\"}"))
                .build(),
            BodyHandlers.ofString());
    assertThat(made.statusCode()).isEqualTo(200);
  }

  @AfterAll
  static void stop() throws Exception {
    gateway.close();
    upstream.close();
  }

  @BeforeEach
  void enter() {
    upstream.reset();
    tenant = Tenant.of(gateway, "5");
  }

  private static String othersId() {
    return gateway.admin().showProject(other.project()).project().id();
  }

  /** What nobody but the other one, or the operator, may see. */
  private static List<String> secrets() {
    String keyId = other.key().substring(0, other.key().indexOf('_', 3));
    return List.of(
        other.project() + "\"",
        keyId,
        other.key(),
        othersId(),
        "1234.567",
        "gen-others",
        OTHERS_MODEL,
        OTHERS_UPSTREAM_KEY.reveal(),
        RunningGateway.UPSTREAM_KEY,
        "jdbc:",
        "dev.tollgate",
        "Exception");
  }

  /** Every route, by every header and query that might lead to somebody else. */
  static Stream<Arguments> attempts() {
    List<String> routes =
        List.of(
            "GET /api/v1/key",
            "GET /api/v1/auth/key",
            "GET /api/v1/credits",
            "GET /v0/credits/balance",
            "GET /v0/llm/status",
            "POST /v0/llm/enable",
            "DELETE /v0/llm/disable",
            "GET /api/v1/generation?id=gen-others",
            "GET /api/v1/generation?id=gen%2Dothers",
            "GET /api/v1/models",
            "POST /api/v1/chat/completions",
            "POST /api/v1/messages",
            "POST /v0/llm/chat/completions",
            "GET /api/v1/keys",
            "GET /api/v1/activity",
            "GET /admin/v1/projects",
            "GET /api/v1/../../admin/v1/projects",
            "GET /metrics");
    List<String> headers =
        List.of(
            "X-Nothing: x",
            "X-Project: @name",
            "X-Project-Id: @id",
            "X-Forwarded-User: @name",
            "X-Original-URL: /admin/v1/projects",
            "X-Rewrite-URL: /api/v1/generation?id=gen-others",
            "X-HTTP-Method-Override: PUT",
            "X-Generation-Id: gen-others",
            "OpenAI-Project: @name",
            "OpenAI-Organization: @name",
            "Cookie: project=@name");
    List<String> queries =
        List.of("", "project_name=@name", "project=@id", "user=@name", "project_name[]=@name");
    return routes.stream()
        .flatMap(
            route ->
                Stream.concat(
                    headers.stream().map(header -> Arguments.of(route, header, "")),
                    queries.stream().map(query -> Arguments.of(route, "X-Nothing: x", query))));
  }

  @ParameterizedTest
  @MethodSource("attempts")
  void nothingOfAnotherIsToldByAnyWay(String route, String header, String query) throws Exception {
    upstream.script(
        (request, connection) -> connection.write(ScriptedUpstream.json(200, "{\"data\":[]}")));
    String target = query.isEmpty() ? route : route + (route.contains("?") ? "&" : "?") + query;
    for (String credential :
        List.of("X-API-Key: " + tenant.key(), "Authorization: Bearer " + tenant.key())) {
      String answer = ask(filled(target), credential, filled(header));

      assertThat(answer).startsWith("HTTP/1.1 ");
      for (String secret : secrets()) {
        // A container may say again what it was asked for.
        if (!filled(target).contains(secret)) {
          assertThat(answer).as(target + " " + header).doesNotContain(secret);
        }
      }
    }
    while (upstream.waiting() > 0) {
      assertThat(upstream.take().headers())
          .as("another's key is not used")
          .noneMatch(sent -> sent.contains(OTHERS_UPSTREAM_KEY.reveal()));
    }
  }

  private static String filled(String text) {
    return text.replace("@name", other.project()).replace("@id", othersId());
  }

  private String ask(String target, String credential, String header) throws Exception {
    boolean post = target.startsWith("POST");
    String body = post ? "{\"model\":\"a/b\",\"max_tokens\":5}" : "";
    try (RawClient client = tenant.connect()) {
      client.send(
          target
              + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
              + credential
              + "\r\n"
              + header
              + "\r\nContent-Length: "
              + body.length()
              + "\r\n\r\n"
              + body);
      return client.readToEnd();
    }
  }

  @Test
  void anothersKeyIsNotOnesOwnByItsProjectName() throws Exception {
    String answer =
        ask(
            "POST /api/v1/chat/completions?project_name=" + tenant.project(),
            "X-API-Key: " + other.key(),
            "X-Nothing: x");

    assertThat(answer).startsWith("HTTP/1.1 401").contains("Invalid API key or project name");
    assertThat(upstream.waiting()).isZero();
  }

  @Test
  void anothersListOfModelsIsNotAppliedNorTold() throws Exception {
    assertThat(ask("POST /v0/llm/chat/completions", bearer(), "X-Nothing: x"))
        .startsWith("HTTP/1.1 200");
  }

  private String bearer() {
    return "Authorization: Bearer " + tenant.key();
  }

  @Test
  void anothersIdempotencyKeyIsNotOnesOwn() throws Exception {
    assertThat(ask("POST /api/v1/chat/completions", bearer(), "Idempotency-Key: shared-name"))
        .startsWith("HTTP/1.1 200");
  }

  @Test
  void anothersSpendingLeavesOnesBalanceAlone() throws Exception {
    assertThat(ask("GET /v0/credits/balance", bearer(), "X-Nothing: x"))
        .endsWith("{\"total\":5,\"loaned\":0,\"available\":5}");
  }

  @Test
  void anothersDisablingLeavesOneAlone() throws Exception {
    Tenant third = Tenant.of(gateway, "5");
    gateway.admin().setEnabled(third.project(), false);
    await()
        .atMost(Duration.ofSeconds(2))
        .until(
            () ->
                HTTP.send(
                            third.request(third.uri("/api/v1/models")).build(),
                            BodyHandlers.ofString())
                        .statusCode()
                    == 403);

    assertThat(ask("GET /api/v1/models", bearer(), "X-Nothing: x")).startsWith("HTTP/1.1 200");
  }
}
