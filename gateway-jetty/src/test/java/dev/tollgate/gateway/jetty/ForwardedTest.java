package dev.tollgate.gateway.jetty;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.testkit.RawClient;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A server that believes the proxy in front. Who is the client then, the log says: see JarIT. */
class ForwardedTest {
  private static final String[] WORDS = {
    "Forwarded", "for=203.0.113.7;proto=https;host=gateway.example",
    "X-Forwarded-For", "203.0.113.7",
    "X-Forwarded-Proto", "https",
    "X-Forwarded-Host", "gateway.example"
  };

  @TempDir Path directory;
  private final ScriptedUpstream upstream = new ScriptedUpstream();
  private RunningServer server;

  @BeforeEach
  void start() throws Exception {
    server =
        RunningServer.start(
            directory, upstream.baseUrl(), Map.of("tollgate.http.forwarded", "true"));
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
    upstream.close();
    assertThat(upstream.failures()).isEmpty();
  }

  @Test
  void theProxysWordsDoNotGoUpstream() throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(server.uri("/api/v1/models"))
            .header("X-API-Key", server.key())
            .headers(WORDS)
            .build();
    HttpResponse<String> answer = HttpClient.newHttpClient().send(request, BodyHandlers.ofString());
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(upstream.take().headers())
        .noneMatch(line -> line.contains("203.0.113.7") || line.contains("gateway.example"))
        .noneMatch(line -> line.toLowerCase(java.util.Locale.ROOT).contains("forwarded"));
  }

  @Test
  void wordsThatMakeNoSenseAreARefusalOfOurs() throws Exception {
    try (RawClient proxy = new RawClient(server.port())) {
      proxy.send(
          "GET /api/v1/models HTTP/1.1\r\nHost: x\r\nX-Forwarded-Port: many\r\n"
              + "Connection: close\r\n\r\n");
      assertThat(proxy.readToEnd())
          .startsWith("HTTP/1.1 400")
          .contains("Malformed request: ", "X-Request-Id: req_");
    }
  }

  @Test
  void aProxiedRequestIsNotUpgraded() throws Exception {
    HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build();
    HttpRequest request = HttpRequest.newBuilder(server.uri("/health/live")).build();
    assertThat(http.send(request, BodyHandlers.ofString()).version())
        .isEqualTo(HttpClient.Version.HTTP_1_1);
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void aProxyThatHangsUpIsNoticedWhoeverItSaysIsBehindIt() throws Exception {
    BlockingQueue<Boolean> closed = new LinkedBlockingQueue<>();
    upstream.script(
        (request, connection) -> {
          connection.write(ScriptedUpstream.streamHead()).chunk("data: 1\n\n");
          closed.add(connection.awaitClosed(25_000));
        });
    try (RawClient proxy = new RawClient(server.port())) {
      proxy.send(
          "POST "
              + RunningServer.CHAT
              + " HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 203.0.113.7\r\nX-API-Key: "
              + server.key()
              + "\r\nContent-Length: 15\r\n\r\n");
      proxy.send("{\"stream\":true}".getBytes(UTF_8));
      proxy.readUntil("data: 1\n\n");
    }
    assertThat(closed.poll(20, TimeUnit.SECONDS)).isEqualTo(true);
  }
}
