package dev.tollgate.gateway.jetty;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.testkit.RawClient;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import dev.tollgate.gateway.testkit.ScriptedUpstream.Received;
import java.nio.file.Path;
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
import org.junit.jupiter.params.provider.ValueSource;

/** What a standalone server makes of requests that nobody should send, in every flavor. */
class BadInputTest {
  private static ScriptedUpstream upstream;
  private static RunningServer server;

  @BeforeAll
  static void start(@TempDir Path directory) throws Exception {
    upstream = new ScriptedUpstream();
    server = RunningServer.start(directory, upstream.baseUrl());
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
    upstream.close();
  }

  @BeforeEach
  void forget() {
    upstream.reset();
  }

  /** A credential, and the beginning of an error in its flavor. */
  private record Flavor(String credential, String error) {}

  private static final Flavor PINME = new Flavor("X-API-Key: ", "{\"code\":");
  private static final Flavor OPENAI =
      new Flavor("Authorization: Bearer ", "{\"error\":{\"message\":\"");
  private static final Flavor ANTHROPIC =
      new Flavor("X-API-Key: ", "{\"type\":\"error\",\"error\":{\"type\":\"");

  private static String ask(String requestLine, Flavor flavor, String body, String... headers)
      throws Exception {
    StringBuilder request = new StringBuilder(requestLine).append(" HTTP/1.1\r\nHost: x\r\n");
    request.append(flavor.credential).append(server.key()).append("\r\n");
    for (String header : headers) {
      request.append(header).append("\r\n");
    }
    request.append("Connection: close\r\nContent-Length: ").append(body.length());
    request.append("\r\n\r\n").append(body);
    try (RawClient client = new RawClient(server.port())) {
      return client.send(request.toString().getBytes(ISO_8859_1)).readToEnd();
    }
  }

  private static void assertRefused(String answer, int status, Flavor flavor, String text) {
    assertThat(answer)
        .startsWith("HTTP/1.1 " + status + " ")
        .contains("\r\nContent-Type: application/json\r\n", "\r\nX-Request-Id: req_")
        .contains("\r\n\r\n" + flavor.error)
        .contains(text);
    assertThat(upstream.waiting()).isZero();
  }

  static Stream<Arguments> oddPaths() {
    List<String> paths =
        List.of(
            "/api/v1/models/",
            "/api/v1//models",
            "//api/v1/models",
            "/api/v1/%2e%2e/v1/models",
            "/api/v1/./models",
            "/api/v1/models;jsessionid=1",
            "/api/v1/model/acme/%2e%2e",
            "/api/v1/model/acme/m1;v=2",
            "/api/v1/models/acme/../endpoints",
            "/api/v1/chat/completions/",
            "/api/v1/unknown");
    return Stream.of(PINME, OPENAI)
        .flatMap(flavor -> paths.stream().map(path -> Arguments.of(path, flavor)));
  }

  @ParameterizedTest
  @MethodSource("oddPaths")
  void anOddPathIsNotFound(String path, Flavor flavor) throws Exception {
    assertRefused(ask("GET " + path, flavor, ""), 404, flavor, "Not found");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/v0/llm/models/", "/v0//llm/models", "/v0/llm", "/v0/llm%2Fmodels"})
  void anOddPathOfPinatasIsNotFound(String path) throws Exception {
    assertRefused(ask("GET " + path, OPENAI, ""), 404, OPENAI, "Not found");
  }

  @ParameterizedTest
  @ValueSource(strings = {"PUT", "PATCH", "DELETE", "GET", "HEAD", "TRACE", "FOO"})
  void anotherMethodIsToldWhichThereIs(String method) throws Exception {
    for (Flavor flavor : List.of(PINME, OPENAI)) {
      String answer = ask(method + " /api/v1/chat/completions", flavor, "");

      assertThat(answer)
          .startsWith("HTTP/1.1 405 ")
          .contains("\r\nAllow: POST, OPTIONS\r\n", "\r\nContent-Type: application/json\r\n");
      assertThat(answer).endsWith(method.equals("HEAD") ? "\r\n\r\n" : "}");
    }
    assertThat(ask("GET /api/v1/messages", ANTHROPIC, ""))
        .startsWith("HTTP/1.1 405 ")
        .contains("\r\n\r\n" + ANTHROPIC.error + "invalid_request_error");
  }

  @Test
  void aQueryThatIsTooLongIsRefused() throws Exception {
    String query = "?project_name=shop&q=" + "x".repeat(100 << 10);
    // Before a header was read, so in the flavor of who has said nothing.
    assertRefused(
        ask("GET /api/v1/models" + query, PINME, ""),
        400,
        PINME,
        "Malformed request: URI too long");
  }

  @ParameterizedTest
  @ValueSource(strings = {"?a=%zz", "?a=<b>", "?%FF=1"})
  void aMalformedQueryIsRefused(String query) throws Exception {
    for (Flavor flavor : List.of(PINME, OPENAI)) {
      assertThat(ask("GET /api/v1/models" + query, flavor, ""))
          .startsWith("HTTP/1.1 400 ")
          .contains("\r\n\r\n" + flavor.error)
          .contains("Malformed request: ");
    }
    assertThat(upstream.waiting()).isZero();
  }

  @Test
  void anUnknownQueryIsPassedOnToModelsAndNotToChats() throws Exception {
    assertThat(ask("GET /api/v1/models?what=1&project_name=shop", PINME, ""))
        .startsWith("HTTP/1.1 200 ");
    assertThat(upstream.take().target()).isEqualTo("/api/v1/models?what=1");
    assertThat(ask("POST /api/v1/chat/completions?what=1", OPENAI, "{}"))
        .startsWith("HTTP/1.1 200 ");
    assertThat(upstream.take().target()).isEqualTo("/api/v1/chat/completions");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"application/x-www-form-urlencoded", "text/plain", "multipart/form-data", "x"})
  void aBodyOfAnotherTypeIsTheUpstreamsToJudge(String type) throws Exception {
    ask("POST /api/v1/chat/completions", OPENAI, "project_name=nobody", "Content-Type: " + type);

    Received received = upstream.take();
    assertThat(new String(received.body(), ISO_8859_1)).isEqualTo("project_name=nobody");
    assertThat(received.values("Content-Type")).containsExactly(type);
  }

  @Test
  void anEmptyBodyAndAnUnknownModelAreTheUpstreamsToJudge() throws Exception {
    for (String body : List.of("", "{\"model\":\"no/such\"}", "[]", "not json")) {
      ask("POST /api/v1/chat/completions", OPENAI, body);
      assertThat(new String(upstream.take().body(), ISO_8859_1)).isEqualTo(body);
    }
  }

  @Test
  void whatIsNoJsonObjectIsRefusedOnPinatasRoute() throws Exception {
    for (String body : List.of("", "[]", "not json", "{", "{\"model\":\"\u00ff\"}")) {
      assertRefused(
          ask("POST /v0/llm/chat/completions", OPENAI, body),
          400,
          OPENAI,
          "Malformed request: body");
    }
  }

  @Test
  void aBodyThatIsTooLargeIsRefusedInEveryFlavor() throws Exception {
    assertRefused(
        ask("POST /api/v1/chat/completions?project_name=shop", PINME, "x".repeat((1 << 20) + 1)),
        413,
        PINME,
        "Request body too large (max 1MB)");
    String body = "x".repeat((20 << 20) + 1);
    assertRefused(ask("POST /api/v1/embeddings", OPENAI, body), 413, OPENAI, "request_too_large");
    assertRefused(ask("POST /api/v1/messages", ANTHROPIC, body), 413, ANTHROPIC, "too large");
    assertRefused(
        ask("POST /v0/llm/chat/completions", OPENAI, body), 413, OPENAI, "request_too_large");
  }
}
