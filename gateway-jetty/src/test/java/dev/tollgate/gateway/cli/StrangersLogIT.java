package dev.tollgate.gateway.cli;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tollgate.gateway.cli.Jar.Started;
import dev.tollgate.gateway.testkit.RawClient;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A request without a key is one line of the access log, and nothing above INFO. */
class StrangersLogIT {
  private static final String CHAT = "POST /api/v1/chat/completions HTTP/1.1\r\n";
  private static final String HOST = "Host: x\r\nConnection: close\r\n";

  private static ScriptedUpstream upstream;
  private static Started server;
  private static int markers;

  @BeforeAll
  static void start(@TempDir Path directory) throws Exception {
    upstream = new ScriptedUpstream();
    server = Deployment.onSqlite(directory, upstream.baseUrl()).serve();
  }

  @AfterAll
  static void stop() throws Exception {
    try (Started ended = server) {
      assertThat(ended.terminate()).isZero();
    } finally {
      upstream.close();
    }
  }

  /** Sends it, and nothing more. */
  private static void send(String request) throws Exception {
    try (RawClient client = new RawClient(server.port())) {
      client.send(request.getBytes(ISO_8859_1));
      client.shutdownOutput();
      var unused = client.readToEnd();
    }
  }

  /** What is logged for a request: by the time that the next one's line is there, all is. */
  private static List<String> logged(String request) throws Exception {
    int before = Files.readAllLines(server.err()).size();
    send(request);
    String marker = "/the/next/" + markers++;
    send("GET " + marker + " HTTP/1.1\r\n" + HOST + "\r\n");
    List<String> lines = new ArrayList<>();
    await()
        .until(
            () -> {
              lines.clear();
              lines.addAll(Files.readAllLines(server.err()));
              return lines.stream().anyMatch(line -> line.contains("path=" + marker + " "));
            });
    return lines.stream().skip(before).filter(line -> !line.contains(marker)).toList();
  }

  private static Arguments body(String headers, String body) {
    return Arguments.of(
        CHAT + HOST + headers + "\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);
  }

  static Stream<Arguments> requests() {
    String get = "GET /api/v1/models HTTP/1.1\r\n" + HOST;
    return Stream.of(
        // --- what is refused before a filter is asked
        Arguments.of("rubbish\r\n\r\n"),
        Arguments.of("GET\r\n\r\n"),
        Arguments.of("GET /\u0001 HTTP/1.1\r\n" + HOST + "\r\n"),
        Arguments.of("GET /api/v1/models HTTP/9.9\r\n" + HOST + "\r\n"),
        Arguments.of("GET /api/v1/models HTTP/1.1\r\n\r\n"),
        Arguments.of(get + "Host: y\r\n\r\n"),
        Arguments.of(get + "X: a\u0000b\r\n\r\n"),
        Arguments.of(get + "X\u0000: a\r\n\r\n"),
        Arguments.of(get + ": a\r\n\r\n"),
        Arguments.of(get + "X: " + "x".repeat(100_000) + "\r\n\r\n"),
        Arguments.of("GET /" + "x".repeat(100_000) + " HTTP/1.1\r\n" + HOST + "\r\n"),
        Arguments.of("GET /%zz HTTP/1.1\r\n" + HOST + "\r\n"),
        Arguments.of("GET /%00%c3%28 HTTP/1.1\r\n" + HOST + "\r\n"),
        Arguments.of("GET http://[::1 HTTP/1.1\r\n" + HOST + "\r\n"),
        Arguments.of("CONNECT example.com:443 HTTP/1.1\r\n" + HOST + "\r\n"),
        Arguments.of("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nrubbish"),
        Arguments.of("\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003"),
        Arguments.of(CHAT + HOST + "Content-Length: -1\r\n\r\n"),
        Arguments.of(CHAT + HOST + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
        Arguments.of(CHAT + HOST + "Content-Length: 99999999999999999999\r\n\r\n"),
        Arguments.of(CHAT + HOST + "Transfer-Encoding: gzip\r\n\r\n"),
        Arguments.of(CHAT + HOST + "Transfer-Encoding: chunked\r\n\r\nzz\r\n"),
        Arguments.of(
            CHAT + HOST + "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n0\r\n\r\n"),
        // --- what filters look at
        Arguments.of("OPTIONS * HTTP/1.1\r\n" + HOST + "\r\n"),
        Arguments.of("BREW /api/v1/models HTTP/1.1\r\n" + HOST + "\r\n"),
        Arguments.of("GET /no/such?q=%zz HTTP/1.1\r\n" + HOST + "\r\n"),
        Arguments.of("GET /api/v1/models?a=%zz HTTP/1.1\r\n" + HOST + "\r\n"),
        Arguments.of("GET /admin/v1/nothing HTTP/1.1\r\n" + HOST + "\r\n"),
        Arguments.of(get + "Authorization: Basic \u00ff\u00fe\r\n\r\n"),
        Arguments.of(get + "Cookie: \"=;;=\u00ff\r\n\r\n"),
        Arguments.of(get + "Accept-Language: ;q=x,,\r\nAccept: */;q=\r\n\r\n"),
        Arguments.of(get + "traceparent: 00-zz\r\nX-API-Key: \u00e4\r\n\r\n"),
        Arguments.of(get + "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n\r\n"),
        Arguments.of(get + "Expect: miracles\r\n\r\n"),
        body("Content-Type: a; charset=foo", "a=b"),
        body("Content-Type: application/x-www-form-urlencoded", "a=%zz&%"),
        body("Content-Type: multipart/form-data", "--"),
        body("Content-Encoding: gzip", "rubbish"),
        body("Expect: 100-continue", "{}"),
        body("Idempotency-Key: " + "x".repeat(5_000), "{}"),
        // --- who leaves in the middle
        Arguments.of("GET /api/v1/mod"),
        Arguments.of(CHAT + HOST + "Content-Length: 100\r\n\r\n{"),
        Arguments.of(CHAT + HOST + "Transfer-Encoding: chunked\r\n\r\n5\r\nab"));
  }

  @ParameterizedTest
  @MethodSource("requests")
  void nothingIsLoggedButTheAccessLine(String request) throws Exception {
    List<String> lines = logged(request);

    assertThat(lines)
        .filteredOn(line -> !line.contains("prices"))
        .hasSizeLessThan(2)
        .allMatch(line -> line.contains(":INFO :") && line.contains(" id=req_"))
        .allMatch(line -> line.length() < 600);
  }

  private static String accessLine(String request) throws Exception {
    List<String> lines =
        logged(request).stream().filter(line -> line.contains(" id=req_")).toList();
    assertThat(lines).hasSize(1);
    return lines.get(0);
  }

  @Test
  void whereNoRouteMatchedTheLineHasMethodAndPathWithoutTheQuery() throws Exception {
    assertThat(accessLine("BREW /no/such?q=secret HTTP/1.1\r\n" + HOST + "\r\n"))
        .contains(" method=BREW route=- path=/no/such project=- ")
        .contains(" status=404 outcome=refused code=not_found ")
        .doesNotContain("secret");
  }

  @Test
  void aRefusalByJettyHasTheFormOfAllTheOthers() throws Exception {
    assertThat(accessLine("GET /no/such?q=secret HTTP/1.1\r\nConnection: close\r\n\r\n"))
        .contains(" method=GET route=- path=/no/such project=- key=- client=127.0.0.1 status=400")
        .contains(" outcome=refused code=malformed_request in=- out=- ttfb_ms=- ms=")
        .doesNotContain("secret");
  }

  @Test
  void whatCannotBeReadAtAllHasDashes() throws Exception {
    assertThat(accessLine("rubbish\r\n\r\n"))
        .contains(" method=- route=- path=- project=- ")
        .contains(" status=400 outcome=refused code=malformed_request ");
  }

  @Test
  void anUnknownPathOfTheAdminApiIsNamed() throws Exception {
    assertThat(accessLine("GET /admin/v1/nothing HTTP/1.1\r\n" + HOST + "\r\n"))
        .contains(" method=GET route=- path=/admin/v1/nothing ");
  }
}
