package dev.tollgate.gateway.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What an application with a gateway in it keeps to, over HTTP on loopback. Extend it to test one.
 * The application has a page {@code /api/hello} of its own, which says hello.
 */
public abstract class EmbeddingContract {
  private static final String THREADS = "tollgate-";

  /**
   * An application that runs, with one project that has balance.
   *
   * @param port on loopback
   * @param path where the gateway's routes are, such as {@code /llm}
   * @param query of a chat, such as {@code ?project_name=shop}; may be empty
   * @param credential the header line by which the caller of a chat says who it is
   * @param ownCredential the header line that the application's own page wants; may be empty
   */
  public record Running(
      int port, String path, String query, String credential, String ownCredential) {}

  private final ScriptedUpstream upstream = new ScriptedUpstream();
  private Running application;
  private boolean stopped;

  /** Starts the application with its gateway before this upstream; asked for once. */
  protected abstract Running start(URI upstream) throws Exception;

  /** Stops the application, as it stops in earnest. */
  protected abstract void stop() throws Exception;

  /** What the project was charged by now, in nano-dollars, each charge for itself. */
  protected abstract List<Long> chargedNanos() throws Exception;

  /** The upstream that the gateway has. */
  protected final ScriptedUpstream upstream() {
    return upstream;
  }

  @BeforeEach
  void startApplication() throws Exception {
    application = start(upstream.baseUrl());
  }

  @AfterEach
  void stopApplication() throws Exception {
    if (!stopped) {
      stop();
    }
    upstream.close();
    assertThat(upstream.failures()).isEmpty();
  }

  /** The raw request of a chat. */
  protected final String chat(String body, String... headers) {
    return request(
        "POST",
        application.path + "/api/v1/chat/completions" + application.query,
        application.credential,
        body,
        headers);
  }

  /** A raw request. */
  protected static String request(
      String method, String target, String credential, String body, String... headers) {
    StringBuilder request = new StringBuilder();
    request.append(method).append(' ').append(target).append(" HTTP/1.1\r\nHost: localhost\r\n");
    for (String header : headers) {
      request.append(header).append("\r\n");
    }
    if (!credential.isEmpty()) {
      request.append(credential).append("\r\n");
    }
    if (method.equals("POST")) {
      request.append("Content-Length: ").append(body.getBytes(UTF_8).length).append("\r\n");
    }
    return request.append("\r\n").append(body).toString();
  }

  protected final RawClient client() throws Exception {
    return new RawClient(application.port);
  }

  /** All that is answered to a request that closes its connection. */
  protected final String answer(String request) throws Exception {
    try (RawClient client = client()) {
      return client.send(request).readToEnd();
    }
  }

  @Test
  void theApplicationKeepsItsOwnPaths() throws Exception {
    assertThat(
            answer(
                request("GET", "/api/hello", application.ownCredential, "", "Connection: close")))
        .startsWith("HTTP/1.1 200")
        .contains("hello");
    assertThat(upstream.waiting()).isZero();
  }

  @Test
  void jsonIsRelayedByteForByte() throws Exception {
    String asked = " {\"model\":\"m\", \"temperature\":1.0e0, \"messages\":[\"\u00e9\"]}\r\n";
    String answered = "{\"id\":\"gen-1\",\r\n\t\"n\":1.50}\n";
    upstream.script(
        (request, connection) -> connection.write(ScriptedUpstream.json(200, answered)));

    assertThat(
            answer(chat(asked, "Connection: close", "Content-Type: application/json; charset=x")))
        .startsWith("HTTP/1.1 200")
        .endsWith("\r\n\r\n" + answered);
    ScriptedUpstream.Received received = upstream.take();
    assertThat(new String(received.body(), UTF_8)).isEqualTo(asked);
    assertThat(received.values("Content-Type")).containsExactly("application/json; charset=x");
    assertThat(received.values("Cookie")).isEmpty();
  }

  @Test
  void eventsArriveOneByOne() throws Exception {
    CountDownLatch seen = new CountDownLatch(1);
    upstream.script(
        (request, connection) -> {
          connection.write(ScriptedUpstream.streamHead()).chunk(": OPENROUTER PROCESSING\n\n");
          connection.chunk("data: 1\n\n");
          // The rest comes only when the client has this.
          if (seen.await(10, TimeUnit.SECONDS)) {
            connection.chunk("data: [DONE]\n\n").lastChunk();
          }
        });
    try (RawClient client = client()) {
      client.send(chat("{\"stream\":true}"));
      assertThat(client.readUntil("data: 1\n\n"))
          .startsWith("HTTP/1.1 200")
          .contains("text/event-stream")
          .contains(": OPENROUTER PROCESSING\n\n");
      seen.countDown();
      assertThat(client.readUntil("0\r\n\r\n")).contains("data: [DONE]\n\n");
    }
  }

  @Test
  void aRequestIsChargedOnceAndBeforeItsEnd() throws Exception {
    String usage = "{\"usage\":{\"cost\":0.0000123}}";
    upstream.script(
        (request, connection) -> {
          if (new String(request.body(), UTF_8).contains("stream")) {
            connection
                .write(ScriptedUpstream.streamHead())
                .chunk("data: " + usage + "\n\ndata: [DONE]\n\n")
                .lastChunk();
          } else {
            connection.write(ScriptedUpstream.json(200, usage));
          }
        });
    try (RawClient client = client()) {
      client.send(chat("{}")).readUntil(usage);
      assertThat(chargedNanos()).containsExactly(12_300L);
      client.send(chat("{\"stream\":true}")).readUntil("0\r\n\r\n");
      assertThat(chargedNanos()).containsExactly(12_300L, 12_300L);
    }
  }

  @Test
  void aFormArrivesAsItWasSent() throws Exception {
    String form = "_method=put&_csrf=x&b=%20+&&b";

    assertThat(
            answer(
                chat(form, "Connection: close", "Content-Type: application/x-www-form-urlencoded")))
        .startsWith("HTTP/1.1 200");
    ScriptedUpstream.Received received = upstream.take();
    assertThat(received.method()).isEqualTo("POST");
    assertThat(new String(received.body(), UTF_8)).isEqualTo(form);
  }

  @Test
  void anUnknownPathBelowTheGatewaysIsRefusedInItsWords() throws Exception {
    assertThat(
            answer(
                request(
                    "GET",
                    application.path + "/api/v1/nowhere",
                    application.credential,
                    "",
                    "Connection: close")))
        .startsWith("HTTP/1.1 404")
        .contains(
            // An application's own login is an Authorization, as the OpenAI SDKs have it.
            application.credential.startsWith("Authorization")
                ? "{\"error\":{\"message\":\"Not found: GET "
                    + application.path
                    + "/api/v1/nowhere\",\"type\":\"invalid_request_error\","
                    + "\"param\":null,\"code\":\"not_found\"}}"
                : "{\"code\":404,\"msg\":\"error\",\"data\":{\"error\":\"Not found: GET "
                    + application.path
                    + "/api/v1/nowhere\"}}");
  }

  @Test
  void aBrokenAnswerIsNeverACleanEnd() throws Exception {
    upstream.script(
        (request, connection) ->
            connection.write(ScriptedUpstream.streamHead()).chunk("data: 1\n\n").close());

    assertThat(answer(chat("{}"))).contains("data: 1\n\n").doesNotEndWith("0\r\n\r\n");
  }

  @Test
  void nothingOfTheGatewayIsLeftAfterTheEnd() throws Exception {
    assertThat(answer(chat("{}", "Connection: close"))).startsWith("HTTP/1.1 200");
    assertThat(threads()).isNotEmpty();

    stop();
    stopped = true;

    await().atMost(Duration.ofSeconds(5)).untilAsserted(() -> assertThat(threads()).isEmpty());
  }

  private static List<String> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> name.startsWith(THREADS))
        .sorted()
        .toList();
  }
}
