package dev.tollgate.gateway.relay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tollgate.gateway.testkit.HomeContract;
import dev.tollgate.gateway.testkit.RawClient;
import dev.tollgate.gateway.testkit.RunningGateway;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import dev.tollgate.gateway.testkit.ScriptedUpstream.Received;
import dev.tollgate.gateway.testkit.Tenant;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the relay does wherever it lives. Extend it to test a home. */
public abstract class RelayContract extends HomeContract {
  protected static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private static final int MAX_BODY = 1_048_576;
  private static final Duration MAX_EVENT_DELAY = Duration.ofMillis(50);

  @AfterEach
  void leaveInOrder() throws Exception {
    leave();
    assertThat(upstream.failures()).isEmpty();
  }

  /** After each test, which must have left nothing open. */
  protected void leave() throws Exception {
    await().pollDelay(Duration.ZERO).until(() -> !tenant.isBusy());
  }

  protected final HttpResponse<byte[]> chat(byte[] body) throws Exception {
    return HTTP.send(
        tenant.request(tenant.chat()).POST(BodyPublishers.ofByteArray(body)).build(),
        BodyHandlers.ofByteArray());
  }

  private static String sha256(byte[] bytes) throws Exception {
    return java.util.HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
  }

  // --- bytes

  @Test
  void jsonPassesByteForByteInBothDirections() throws Exception {
    byte[] question =
        "  {\"model\":\"a/b\", \"n\":1.0e0,\n\t\"x\":\"\\u00e9\"}\r\n".getBytes(UTF_8);
    byte[] answer = "\n\n {\"id\":\"gen-1\",\"usage\":{\"cost\":1.20e-7}} \n".getBytes(UTF_8);
    upstream.script(
        (request, connection) ->
            connection
                .write(
                    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
                        + answer.length
                        + "\r\n\r\n")
                .write(answer));

    HttpResponse<byte[]> response = chat(question);

    assertThat(sha256(upstream.take().body())).isEqualTo(sha256(question));
    assertThat(sha256(response.body())).isEqualTo(sha256(answer));
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.headers().firstValue("content-type")).contains("application/json");
  }

  @Test
  void eventStreamPassesByteForByteWithCommentsCrLfAndASplitCharacter() throws Exception {
    byte[] stream =
        (": OPENROUTER PROCESSING\n\n: \n\nevent: x\r\ndata: {\"a\":\"\u00e9\u20ac\"}\r\n\r\n"
                + "data: {\"usage\":{\"cost\":0.0000061380}}\n\ndata: [DONE]\n\n: after\n\n")
            .getBytes(UTF_8);
    int inCharacter = new String(stream, UTF_8).substring(0, 60).indexOf('\u20ac');
    int split = new String(stream, UTF_8).substring(0, inCharacter).getBytes(UTF_8).length + 1;
    CountDownLatch firstPartArrived = new CountDownLatch(1);
    upstream.script(
        (request, connection) -> {
          connection.write(ScriptedUpstream.streamHead());
          connection.chunk(java.util.Arrays.copyOfRange(stream, 0, split));
          assertThat(firstPartArrived.await(10, TimeUnit.SECONDS)).isTrue();
          connection.chunk(java.util.Arrays.copyOfRange(stream, split, stream.length)).lastChunk();
        });

    HttpResponse<java.io.InputStream> response =
        HTTP.send(
            tenant
                .request(tenant.chat())
                .POST(BodyPublishers.ofString("{\"stream\":true}"))
                .build(),
            BodyHandlers.ofInputStream());
    ByteArrayOutputStream read = new ByteArrayOutputStream();
    read.writeBytes(response.body().readNBytes(split));
    firstPartArrived.countDown();
    read.writeBytes(response.body().readAllBytes());

    assertThat(sha256(read.toByteArray())).isEqualTo(sha256(stream));
  }

  @Test
  void aMegabyteOfRandomBytesPassesByteForByteInBothDirections() throws Exception {
    byte[] body = new byte[MAX_BODY];
    new Random(7).nextBytes(body);
    upstream.script(
        (request, connection) ->
            connection
                .write("HTTP/1.1 200 OK\r\nContent-Length: " + request.body().length + "\r\n\r\n")
                .write(request.body()));

    HttpResponse<byte[]> response = chat(body);

    assertThat(sha256(upstream.take().body())).isEqualTo(sha256(body));
    assertThat(sha256(response.body())).isEqualTo(sha256(body));
  }

  @Test
  void aCompressedAnswerPassesAsItIs() throws Exception {
    ByteArrayOutputStream zipped = new ByteArrayOutputStream();
    try (GZIPOutputStream zip = new GZIPOutputStream(zipped)) {
      zip.write("{\"data\":[]}".getBytes(UTF_8));
    }
    upstream.script(
        (request, connection) ->
            connection
                .write(
                    "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: "
                        + zipped.size()
                        + "\r\n\r\n")
                .write(zipped.toByteArray()));

    HttpResponse<byte[]> response = chat("{}".getBytes(UTF_8));

    assertThat(response.body()).isEqualTo(zipped.toByteArray());
    assertThat(response.headers().firstValue("content-encoding")).contains("gzip");
  }

  @Test
  void anEmptyBodyIsForwardedAsAnEmptyBody() throws Exception {
    chat(new byte[0]);

    Received received = upstream.take();
    assertThat(received.body()).isEmpty();
    assertThat(received.values("Content-Length")).containsExactly("0");
    assertThat(received.values("Content-Type")).isEmpty();
  }

  @Test
  void aChunkedRequestBodyArrivesWhole() throws Exception {
    try (RawClient client = tenant.connect()) {
      client.send(tenant.chatHead("Transfer-Encoding: chunked"));
      client.send("3\r\n{\"a\r\n").send("4\r\n\":1}\r\n0\r\n\r\n");
      assertThat(client.readHead()).startsWith("HTTP/1.1 200");
    }
    assertThat(new String(upstream.take().body(), UTF_8)).isEqualTo("{\"a\":1}");
  }

  @Test
  void anUpstreamErrorPassesWithStatusHeadersAndBody() throws Exception {
    String body =
        "{\"error\":{\"message\":\"Provider returned error\",\"code\":429},\"user_id\":\"u\"}";
    upstream.script(
        (request, connection) ->
            connection
                .write(
                    "HTTP/1.1 429 Too Many Requests\r\nContent-Type: application/json\r\n"
                        + "Retry-After: 1\r\nTransfer-Encoding: chunked\r\n\r\n")
                .chunk(body)
                .lastChunk());

    HttpResponse<byte[]> response = chat("{}".getBytes(UTF_8));

    assertThat(response.statusCode()).isEqualTo(429);
    assertThat(response.headers().firstValue("retry-after")).contains("1");
    assertThat(new String(response.body(), UTF_8)).isEqualTo(body);
  }

  @Test
  void aRedirectIsPassedOnAndNotFollowed() throws Exception {
    upstream.script(
        (request, connection) ->
            connection.write(
                "HTTP/1.1 307 X\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"));

    HttpResponse<byte[]> response = chat("{}".getBytes(UTF_8));

    assertThat(response.statusCode()).isEqualTo(307);
    assertThat(response.headers().firstValue("location")).contains("http://127.0.0.1:1/");
  }

  @Test
  void anUpstream401PassesWithoutAChallenge() throws Exception {
    upstream.script((request, connection) -> connection.write(ScriptedUpstream.json(401, "{}")));

    assertThat(chat("{}".getBytes(UTF_8)).statusCode()).isEqualTo(401);
  }

  @Test
  void interimResponsesAreSwallowed() throws Exception {
    upstream.script(
        (request, connection) ->
            connection.write(
                "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
                    + "HTTP/1.1 100 Continue\r\n\r\n"
                    + ScriptedUpstream.json(200, "{}")));

    try (RawClient client = tenant.connect()) {
      client.send(tenant.chatHead("Content-Length: 2") + "{}");
      String head = client.readHead();
      assertThat(head).startsWith("HTTP/1.1 200").doesNotContain("Link:");
    }
  }

  @Test
  void aNoContentAnswerHasNoBodyAndNoLength() throws Exception {
    upstream.script((request, connection) -> connection.write("HTTP/1.1 204 No Content\r\n\r\n"));

    HttpResponse<byte[]> response = chat("{}".getBytes(UTF_8));

    assertThat(response.statusCode()).isEqualTo(204);
    assertThat(response.body()).isEmpty();
  }

  @Test
  void connectionsAreUsedAgain() throws Exception {
    int before = upstream.connections();
    for (int i = 0; i < 20; i++) {
      assertThat(chat("{}".getBytes(UTF_8)).statusCode()).isEqualTo(200);
    }
    // Not always one: a quick client may be back before its connection is.
    assertThat(upstream.connections() - before).isLessThan(5);
  }

  @Test
  void headOfModelsIsTheHeadOfAGet() throws Exception {
    upstream.script(
        (request, connection) -> connection.write(ScriptedUpstream.json(200, "{\"d\":1}")));

    HttpResponse<byte[]> response =
        HTTP.send(
            tenant
                .request(tenant.uri("/api/v1/models"))
                .method("HEAD", BodyPublishers.noBody())
                .build(),
            BodyHandlers.ofByteArray());

    assertThat(upstream.take().method()).isEqualTo("GET");
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.body()).isEmpty();
    assertThat(response.headers().firstValue("content-length")).contains("7");
  }

  // --- headers

  @Test
  void onlyAllowedRequestHeadersAndTheUpstreamKeyGoUpstream() throws Exception {
    try (RawClient client = tenant.connect()) {
      client.send(
          tenant.chatHead(
                  "Content-Type: application/json",
                  "Authorization: Bearer mine",
                  "Cookie: session=1",
                  "Accept: text/event-stream",
                  "Accept-Encoding: gzip, br",
                  "User-Agent: me/1.0",
                  "HTTP-Referer: https://shop.example",
                  "X-Title: Shop",
                  "X-OpenRouter-Title: Shop",
                  "X-OpenRouter-Cache: true",
                  "X-OpenRouter-Cache-TTL: 5",
                  "X-Stainless-Lang: js",
                  "X-Forwarded-For: 10.0.0.1",
                  "Connection: keep-alive, X-Title",
                  "Keep-Alive: timeout=5",
                  "TE: trailers",
                  "X-Custom: 1",
                  "traceparent: 00-aa-bb-01",
                  "Content-Length: 2")
              + "{}");
      client.readHead();
    }

    List<String> sent = new ArrayList<>(upstream.take().headers());
    // A container may change the case of a name.
    sent.replaceAll(RelayContract::withLowerCaseName);
    sent.removeIf(line -> line.startsWith("host: "));
    assertThat(sent)
        .containsExactlyInAnyOrder(
            "content-type: application/json",
            "accept: text/event-stream",
            "accept-encoding: identity",
            "user-agent: me/1.0",
            "http-referer: https://shop.example",
            "x-openrouter-title: Shop",
            "x-stainless-lang: js",
            "traceparent: 00-aa-bb-01",
            "content-length: 2",
            "authorization: Bearer " + RunningGateway.UPSTREAM_KEY);
  }

  private static String withLowerCaseName(String line) {
    int colon = line.indexOf(':');
    return line.substring(0, colon).toLowerCase(Locale.ROOT) + line.substring(colon);
  }

  @Test
  void acceptEncodingAndTheRestOfTheQueryPassOnAnUnmeteredRoute() throws Exception {
    HttpRequest request =
        tenant
            .request(
                tenant.uri(
                    "/api/v1/models?category=a%2Fb&project_name=" + tenant.project() + "&x=1+2"))
            .header("Accept-Encoding", "gzip")
            .build();
    HTTP.send(request, BodyHandlers.ofByteArray());

    Received received = upstream.take();
    assertThat(received.target()).isEqualTo("/api/v1/models?category=a%2Fb&x=1+2");
    assertThat(received.values("Accept-Encoding")).containsExactly("gzip");
  }

  @Test
  void noQueryGoesUpstreamOnAMeteredRoute() throws Exception {
    HttpRequest request =
        tenant
            .request(tenant.uri(tenant.chatPath() + "&debug=1"))
            .POST(BodyPublishers.ofString("{}"))
            .build();
    HTTP.send(request, BodyHandlers.ofByteArray());

    assertThat(upstream.take().target()).isEqualTo("/api/v1/chat/completions");
  }

  @Test
  void responseHeadersPassButThoseOfTheUpstreamsOwnSiteAndConnection() throws Exception {
    upstream.script(
        (request, connection) ->
            connection.write(
                "HTTP/1.1 200 Fine\r\nContent-Type: application/json\r\nDate: Mon, 01 Jan 2024 00:00:00 GMT\r\n"
                    + "Server: cloudflare\r\nVary: A\r\nVary: B\r\nSet-Cookie: __cf_bm=1\r\nAlt-Svc: h3\r\n"
                    + "Strict-Transport-Security: max-age=1\r\nAccess-Control-Allow-Origin: *\r\n"
                    + "Connection: keep-alive, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=9\r\n"
                    + "X-Generation-Id: gen-1\r\nContent-Length: 2\r\n\r\n{}"));

    HttpResponse<byte[]> response = chat("{}".getBytes(UTF_8));

    Map<String, List<String>> headers = new java.util.TreeMap<>(response.headers().map());
    assertThat(headers.remove("x-request-id").get(0)).startsWith("req_");
    // The container's own, about its own connection.
    headers.remove("connection");
    headers.remove("keep-alive");
    headers.entrySet().removeAll(tenant.home().addedHeaders().entrySet());
    assertThat(headers)
        .isEqualTo(
            Map.of(
                "content-type", List.of("application/json"),
                "date", List.of("Mon, 01 Jan 2024 00:00:00 GMT"),
                "server", List.of("cloudflare"),
                "vary", List.of("A", "B"),
                "x-generation-id", List.of("gen-1"),
                "content-length", List.of("2")));
  }

  @Test
  void anUpstreamsOwnRequestIdIsKept() throws Exception {
    upstream.script(
        (request, connection) ->
            connection.write(
                "HTTP/1.1 200 OK\r\nX-Request-Id: theirs\r\nContent-Length: 0\r\n\r\n"));

    assertThat(chat("{}".getBytes(UTF_8)).headers().allValues("x-request-id"))
        .containsExactly("theirs");
  }

  // --- time

  @Test
  void eventsArriveWhenTheyAreSent() throws Exception {
    Duration best = largestDelayOfAnEvent();
    // What others do on this machine in the meantime is not what this test is about.
    for (int i = 0; i < 2 && best.compareTo(MAX_EVENT_DELAY) >= 0; i++) {
      Duration next = largestDelayOfAnEvent();
      best = next.compareTo(best) < 0 ? next : best;
    }
    System.out.println("largest delay of an event: " + best.toNanos() / 1_000 + " us");
    assertThat(best).isLessThan(MAX_EVENT_DELAY);
  }

  /** Five events, 200 ms apart: how long the slowest took from the upstream to the client. */
  private Duration largestDelayOfAnEvent() throws Exception {
    BlockingQueue<Long> sentNanos = new LinkedBlockingQueue<>();
    upstream.script(
        (request, connection) -> {
          connection.write(ScriptedUpstream.streamHead());
          for (int i = 0; i < 5; i++) {
            // The pace of the upstream is what this test is about; nothing waits for it.
            TimeUnit.MILLISECONDS.sleep(200);
            sentNanos.add(System.nanoTime());
            connection.chunk("data: " + i + "\n\n");
          }
          connection.lastChunk();
        });
    Duration largest = Duration.ZERO;
    try (RawClient client = tenant.connect()) {
      client.send(tenant.chatHead("Content-Length: 2") + "{}");
      client.readHead();
      for (int i = 0; i < 5; i++) {
        client.readUntil("data: " + i + "\n\n");
        Duration delay = Duration.ofNanos(System.nanoTime() - sentNanos.take());
        largest = delay.compareTo(largest) > 0 ? delay : largest;
      }
    }
    return largest;
  }

  @Test
  void headersReachTheClientBeforeTheFirstEvent() throws Exception {
    CountDownLatch headSeen = new CountDownLatch(1);
    upstream.script(
        (request, connection) -> {
          connection.write(ScriptedUpstream.streamHead());
          assertThat(headSeen.await(10, TimeUnit.SECONDS)).isTrue();
          connection.chunk("data: 1\n\n").lastChunk();
        });

    try (RawClient client = tenant.connect()) {
      client.send(tenant.chatHead("Content-Length: 2") + "{}");
      assertThat(client.readHead()).startsWith("HTTP/1.1 200");
      headSeen.countDown();
      assertThat(client.readUntil("data: 1\n\n")).isNotEmpty();
    }
  }

  // --- size

  @Test
  void oneByteTooManyByItsDeclarationIsRefusedBeforeTheBodyCame() throws Exception {
    try (RawClient client = tenant.connect()) {
      client.send(tenant.chatHead("Content-Length: " + (MAX_BODY + 1)));
      String head = client.readHead();
      assertThat(head).startsWith("HTTP/1.1 413").containsIgnoringCase("\r\nContent-Length: ");
      // All of it: the gateway does not wait for the body.
      assertThat(client.readBody(head))
          .isEqualTo(
              "{\"code\":413,\"msg\":\"error\",\"data\":{\"error\":\"Request body too large (max 1MB)\"}}");
    }
    assertThat(upstream.waiting()).isZero();
  }

  @Test
  void oneByteTooManyInChunksIsRefused() throws Exception {
    try (RawClient client = tenant.connect()) {
      client.send(tenant.chatHead("Transfer-Encoding: chunked"));
      client.send(Integer.toHexString(MAX_BODY + 1) + "\r\n");
      client.send(new byte[MAX_BODY + 1]).send("\r\n");
      String head = client.readHead();
      assertThat(head).startsWith("HTTP/1.1 413").containsIgnoringCase("\r\nContent-Length: ");
      assertThat(client.readBody(head)).contains("Request body too large (max 1MB)");
    }
    assertThat(upstream.waiting()).isZero();
  }

  @Test
  void aBodyOfSeveralMegabytesIsRelayedForABearer() throws Exception {
    byte[] body = new byte[5 << 20];
    new Random(11).nextBytes(body);
    HttpRequest request =
        HttpRequest.newBuilder(tenant.uri(Tenant.CHAT))
            .header("Authorization", "Bearer " + tenant.key())
            .POST(BodyPublishers.ofByteArray(body))
            .build();

    assertThat(HTTP.send(request, BodyHandlers.ofByteArray()).statusCode()).isEqualTo(200);
    assertThat(sha256(upstream.take().body())).isEqualTo(sha256(body));
  }

  @Test
  void aClientThatSendsAllItsChunksBeforeItReadsSeesTheRefusal() throws Exception {
    byte[] body = new byte[6 << 20];
    try (RawClient client = tenant.connect()) {
      client.send(tenant.chatHead("Transfer-Encoding: chunked"));
      client.send(Integer.toHexString(body.length) + "\r\n").send(body).send("\r\n0\r\n\r\n");
      assertThat(client.readHead()).startsWith("HTTP/1.1 413");
      assertThat(client.readUntil("}}")).contains("Request body too large");
    }
  }

  @Test
  void exactlyTheLimitInChunksIsAllowed() throws Exception {
    try (RawClient client = tenant.connect()) {
      client.send(tenant.chatHead("Transfer-Encoding: chunked"));
      client.send(Integer.toHexString(MAX_BODY) + "\r\n");
      client.send(new byte[MAX_BODY]).send("\r\n0\r\n\r\n");
      assertThat(client.readHead()).startsWith("HTTP/1.1 200");
    }
    assertThat(upstream.take().body()).hasSize(MAX_BODY);
  }

  @Test
  void aClientThatSendsAllBeforeItReadsSeesTheRefusal() throws Exception {
    byte[] body = new byte[6 << 20];
    try (RawClient client = tenant.connect()) {
      client.send(tenant.chatHead("Content-Length: " + body.length)).send(body);
      assertThat(client.readHead()).startsWith("HTTP/1.1 413");
      assertThat(client.readUntil("}}")).contains("Request body too large");
    }
  }

  @Test
  void aConnectionServesOnAfterARefusedBody() throws Exception {
    try (RawClient client = tenant.connect()) {
      String refused =
          "POST "
              + tenant.home().contextPath()
              + "/api/v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello";
      client.send(refused + refused);
      for (int i = 0; i < 2; i++) {
        String head = client.readHead();
        assertThat(head).startsWith("HTTP/1.1 401");
        assertThat(client.readBody(head)).contains("X-API-Key header is required");
      }
      client.send(tenant.chatHead("Content-Length: 2") + "{}");
      assertThat(client.readHead()).startsWith("HTTP/1.1 200");
    }
  }

  @Test
  void connectionsServeOnWhenRefusedBodiesComeBehindTheirHeads() throws Exception {
    String head =
        "POST "
            + tenant.home().contextPath()
            + "/api/v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n";
    Callable<Void> client =
        () -> {
          try (RawClient connection = tenant.connect()) {
            for (int i = 0; i < 60; i++) {
              connection.send(head).send("hello");
              String answer = connection.readHead();
              assertThat(answer).startsWith("HTTP/1.1 401");
              connection.readBody(answer);
            }
            return null;
          }
        };
    ExecutorService clients = Executors.newFixedThreadPool(8);
    try {
      for (Future<Void> ended : clients.invokeAll(Collections.nCopies(8, client))) {
        ended.get();
      }
    } finally {
      clients.shutdownNow();
    }
  }

  @Test
  void aClientThatWaitsForContinueIsToldTheRefusalInstead() throws Exception {
    try (RawClient client = tenant.connect()) {
      client.send(tenant.chatHead("Content-Length: " + (MAX_BODY + 1), "Expect: 100-continue"));
      if (tenant.home().continuesAtOnce()) {
        assertThat(client.readHead()).startsWith("HTTP/1.1 100");
      }
      assertThat(client.readHead()).startsWith("HTTP/1.1 413");
    }
  }

  @Test
  void aClientThatWaitsForContinueIsToldToGoOn() throws Exception {
    try (RawClient client = tenant.connect()) {
      client.send(tenant.chatHead("Content-Length: 2", "Expect: 100-continue"));
      assertThat(client.readHead()).startsWith("HTTP/1.1 100");
      client.send("{}");
      assertThat(client.readHead()).startsWith("HTTP/1.1 200");
    }
    assertThat(upstream.take().values("Expect")).isEmpty();
  }

  // --- the client fails

  private void assertClosedWithItsClient(String responseHead, String body) throws Exception {
    CompletableFuture<Duration> closedAfter = new CompletableFuture<>();
    CountDownLatch gone = new CountDownLatch(1);
    upstream.script(
        (request, connection) -> {
          connection.write(responseHead).chunk("data: 1\n\n");
          gone.await();
          long start = System.nanoTime();
          try {
            while (System.nanoTime() - start < TimeUnit.SECONDS.toNanos(10)) {
              connection.chunk("data: more\n\n");
              if (connection.awaitClosed(20)) {
                break;
              }
            }
          } catch (IOException e) {
            // Closed while writing.
          }
          closedAfter.complete(Duration.ofNanos(System.nanoTime() - start));
          connection.close();
        });

    try (RawClient client = tenant.connect()) {
      client.send(tenant.chatHead("Content-Length: " + body.length()) + body);
      client.readUntil("data: 1\n\n");
      client.reset();
      gone.countDown();
    }

    assertThat(closedAfter.get(20, TimeUnit.SECONDS)).isLessThan(Duration.ofSeconds(1));
  }

  @Test
  void aClientThatGoesAwayMidStreamClosesTheUpstreamExchange() throws Exception {
    assertClosedWithItsClient(ScriptedUpstream.streamHead(), "{}");
  }

  @Test
  void whatWasAskedForAsAStreamIsOneWhateverItsType() throws Exception {
    assertClosedWithItsClient(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
            + "Transfer-Encoding: chunked\r\n\r\n",
        "{\"stream\":true}");
  }

  @Test
  void aNonStreamingAnswerIsReadToItsEndAfterTheClientHasGone() throws Exception {
    CountDownLatch gone = new CountDownLatch(1);
    CompletableFuture<Boolean> allWritten = new CompletableFuture<>();
    byte[] megabyte = new byte[1 << 20];
    upstream.script(
        (request, connection) -> {
          connection.write(
              "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
                  + 8 * megabyte.length
                  + "\r\n\r\n");
          connection.write(megabyte);
          gone.await();
          for (int i = 1; i < 8; i++) {
            connection.write(megabyte);
          }
          allWritten.complete(true);
        });

    try (RawClient client = tenant.connect()) {
      client.send(tenant.chatHead("Content-Length: 2") + "{}");
      client.readHead();
      client.reset();
      gone.countDown();
    }

    assertThat(allWritten.get(20, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void aSlowClientHoldsTheUpstreamBack() throws Exception {
    AtomicLong written = new AtomicLong();
    upstream.script(
        (request, connection) -> {
          connection.setSendBuffer(64 << 10);
          connection.write(ScriptedUpstream.streamHead());
          byte[] event = ("data: " + "x".repeat(16 << 10) + "\n\n").getBytes(UTF_8);
          try {
            while (true) {
              connection.chunk(event);
              written.addAndGet(event.length);
            }
          } catch (IOException e) {
            connection.close();
          }
        });

    try (RawClient client = new RawClient(tenant.home().port(), 64 << 10)) {
      client.send(tenant.chatHead("Content-Length: 2") + "{}");
      client.readHead();
      // The upstream stands still once all buffers on the way are full.
      AtomicLong before = new AtomicLong(-1);
      await()
          .pollInterval(Duration.ofMillis(500))
          .atMost(Duration.ofSeconds(30))
          .until(() -> before.getAndSet(written.get()) == written.get());
      System.out.println(
          "largest queue between upstream and a client that does not read: "
              + written.get()
              + " bytes, socket buffers of the system included");
      assertThat(written.get()).isLessThan(16L << 20);
      // And goes on when the client does.
      long stoppedAt = written.get();
      client.read((int) stoppedAt + (4 << 20));
      assertThat(written.get()).isGreaterThan(stoppedAt);
    }
  }

  // --- the upstream fails

  protected final void assertUnavailable(HttpResponse<byte[]> response, boolean dispatched) {
    assertThat(response.statusCode()).isEqualTo(502);
    assertThat(new String(response.body(), UTF_8))
        .isEqualTo(
            "{\"code\":502,\"msg\":\"error\",\"data\":{\"error\":\"LLM service unavailable\"}}");
    assertThat(response.headers().firstValue("x-should-retry").isPresent()).isEqualTo(dispatched);
  }

  @Test
  void anUpstreamThatClosesWithoutAnAnswerIsUnavailable() throws Exception {
    upstream.script((request, connection) -> connection.close());
    assertUnavailable(chat("{}".getBytes(UTF_8)), true);
  }

  @Test
  void anUpstreamThatResetsWithoutAnAnswerIsUnavailable() throws Exception {
    upstream.script((request, connection) -> connection.reset());
    assertUnavailable(chat("{}".getBytes(UTF_8)), true);
  }

  @Test
  void garbageInsteadOfAnAnswerIsUnavailable() throws Exception {
    upstream.script(
        (request, connection) -> {
          connection.write("SSH-2.0-OpenSSH_9\r\n\r\n");
          connection.awaitClosed(5_000);
          connection.close();
        });
    assertUnavailable(chat("{}".getBytes(UTF_8)), true);
  }

  @Test
  void headersWithoutEndAreUnavailable() throws Exception {
    upstream.script(
        (request, connection) -> {
          connection.write("HTTP/1.1 200 OK\r\nX-Big: ");
          try {
            for (int i = 0; i < 200; i++) {
              connection.write("x".repeat(1024));
            }
          } finally {
            connection.close();
          }
        });
    assertUnavailable(chat("{}".getBytes(UTF_8)), true);
  }

  @Test
  void aSwitchOfProtocolsIsUnavailable() throws Exception {
    upstream.script(
        (request, connection) -> {
          connection.write("HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n");
          connection.awaitClosed(5_000);
          connection.close();
        });
    assertUnavailable(chat("{}".getBytes(UTF_8)), true);
  }

  @Test
  void twoFramingsOfOneAnswerAreUnavailable() throws Exception {
    for (String framing :
        List.of(
            "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n",
            "Content-Length: 4\r\nContent-Length: 5\r\n",
            "Content-Length: -1\r\n")) {
      upstream.script(
          (request, connection) -> {
            connection.write("HTTP/1.1 200 OK\r\n" + framing + "\r\n2\r\n{}\r\n0\r\n\r\n");
            connection.close();
          });
      assertUnavailable(chat("{}".getBytes(UTF_8)), true);
    }
  }

  @Test
  void aBodyThatBreaksBeforeItsFirstByteIsNeverACleanAnswer() throws Exception {
    upstream.script(
        (request, connection) -> {
          connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");
          connection.close();
        });
    try (RawClient client = tenant.connect()) {
      // A body that breaks at once is a 502, behind which the connection would stay open.
      client.send(tenant.chatHead("Content-Length: 2", "Connection: close") + "{}");
      assertThat(client.readToEnd()).doesNotEndWith("0\r\n\r\n");
    }
  }

  protected final void assertBroken(String framing, ScriptedUpstream.Script breaking)
      throws Exception {
    upstream.script(
        (request, connection) -> {
          connection.write(
              "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n" + framing + "\r\n\r\n");
          breaking.play(request, connection);
        });
    try (RawClient client = tenant.connect()) {
      client.send(tenant.chatHead("Content-Length: 2") + "{}");
      String answer = client.readToEnd();
      assertThat(answer).startsWith("HTTP/1.1 200").contains("data: 1\n\n");
      assertThat(answer).doesNotEndWith("0\r\n\r\n");
    }
  }

  @Test
  void aMissingLastChunkBreaksTheClient() throws Exception {
    assertBroken(
        "Transfer-Encoding: chunked",
        (request, connection) -> connection.chunk("data: 1\n\n").close());
  }

  @Test
  void aBrokenChunkBreaksTheClient() throws Exception {
    assertBroken(
        "Transfer-Encoding: chunked",
        (request, connection) -> connection.chunk("data: 1\n\n").write("100\r\nhalf").close());
  }

  @Test
  void aShortBodyBreaksTheClient() throws Exception {
    assertBroken(
        "Content-Length: 100", (request, connection) -> connection.write("data: 1\n\n").close());
  }

  @Test
  void aResetBreaksTheClient() throws Exception {
    CountDownLatch relayed = new CountDownLatch(1);
    upstream.script(
        (request, connection) -> {
          connection.write(ScriptedUpstream.streamHead()).chunk("data: 1\n\n");
          relayed.await();
          connection.reset();
        });
    try (RawClient client = tenant.connect()) {
      client.send(tenant.chatHead("Content-Length: 2") + "{}");
      client.readUntil("data: 1\n\n");
      relayed.countDown();
      assertThat(client.readToEnd()).doesNotEndWith("0\r\n\r\n");
    }
  }

  /** The heads of answers whose body ends with the connection alone. */
  private static final List<String> UNTIL_THE_CLOSE =
      List.of(
          "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n",
          "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n",
          "HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\n\r\n",
          "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n",
          "HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n");

  @Test
  void aResetOfABodyThatOnlyTheCloseEndsBreaksTheClient() throws Exception {
    for (String head : UNTIL_THE_CLOSE) {
      CountDownLatch relayed = new CountDownLatch(1);
      upstream.script(
          (request, connection) -> {
            connection.write(head + "data: 1\n\n");
            relayed.await();
            connection.reset();
          });
      try (RawClient client = tenant.connect()) {
        client.send(tenant.chatHead("Content-Length: 2") + "{}");
        client.readUntil("data: 1\n\n");
        relayed.countDown();
        assertThat(client.readToEnd()).as(head).doesNotEndWith("0\r\n\r\n");
      }
    }
  }

  @Test
  void aResetBeforeABodyThatOnlyTheCloseEndsBreaksTheClient() throws Exception {
    for (String head : UNTIL_THE_CLOSE) {
      CountDownLatch relayed = new CountDownLatch(1);
      upstream.script(
          (request, connection) -> {
            connection.write(head);
            relayed.await();
            connection.reset();
          });
      try (RawClient client = tenant.connect()) {
        client.send(tenant.chatHead("Content-Length: 2") + "{}");
        String relayedHead = client.readHead();
        relayed.countDown();
        assertThat(relayedHead).containsIgnoringCase("transfer-encoding: chunked");
        assertThat(client.readToEnd()).as(head).isEmpty();
      }
    }
  }

  @Test
  void aBodyThatOnlyTheCloseEndsIsWholeAfterACloseInOrder() throws Exception {
    for (String head : UNTIL_THE_CLOSE) {
      upstream.script((request, connection) -> connection.write(head + "data: 1\n\n").close());
      try (RawClient client = tenant.connect()) {
        client.send(tenant.chatHead("Content-Length: 2") + "{}");
        String relayedHead = client.readHead();
        assertThat(relayedHead).containsIgnoringCase("transfer-encoding: chunked");
        assertThat(client.readBody(relayedHead)).as(head).isEqualTo("data: 1\n\n");
      }
    }
  }

  @Test
  void aBreakIsSeenByAClientThatWantsTheConnectionClosed() throws Exception {
    CountDownLatch relayed = new CountDownLatch(1);
    upstream.script(
        (request, connection) -> {
          connection.write(ScriptedUpstream.streamHead()).chunk("data: 1\n\n");
          relayed.await();
          connection.reset();
        });
    HttpURLConnection client = (HttpURLConnection) tenant.chat().toURL().openConnection();
    client.setRequestProperty("X-API-Key", tenant.key());
    client.setRequestProperty("Connection", "close");
    client.setDoOutput(true);
    client.getOutputStream().write("{}".getBytes(UTF_8));
    assertThat(client.getInputStream().readNBytes(9)).isEqualTo("data: 1\n\n".getBytes(UTF_8));
    relayed.countDown();
    assertThatThrownBy(() -> client.getInputStream().readAllBytes())
        .isInstanceOf(IOException.class);
  }

  @Test
  void aClientThatWantsTheConnectionClosedGetsTheWholeAnswer() throws Exception {
    upstream.script(
        (request, connection) ->
            connection.write(ScriptedUpstream.streamHead()).chunk("data: 1\n\n").lastChunk());
    try (RawClient client = tenant.connect()) {
      client.send(tenant.chatHead("Connection: close", "Content-Length: 2") + "{}");
      assertThat(client.readToEnd())
          .contains("Transfer-Encoding: chunked", "data: 1\n\n")
          .endsWith("0\r\n\r\n");
    }
  }

  @Test
  void aTransferCodingThatIsNotUndoneIsUnavailable() throws Exception {
    upstream.script(
        (request, connection) ->
            connection.write(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"));
    assertUnavailable(chat("{}".getBytes(UTF_8)), true);
  }

  @Test
  void manyStreamsAtOnceAllArriveWhole() throws Exception {
    upstream.script(
        (request, connection) -> {
          connection.write(ScriptedUpstream.streamHead());
          for (int i = 0; i < 50; i++) {
            connection.chunk("data: " + i + "\n\n");
          }
          connection.chunk("data: [DONE]\n\n").lastChunk();
        });
    List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      answers.add(
          HTTP.sendAsync(
              tenant.request(tenant.chat()).POST(BodyPublishers.ofString("{}")).build(),
              BodyHandlers.ofString()));
    }
    for (CompletableFuture<HttpResponse<String>> answer : answers) {
      assertThat(answer.get(30, TimeUnit.SECONDS).body())
          .startsWith("data: 0\n\ndata: 1\n\n")
          .endsWith("data: 49\n\ndata: [DONE]\n\n");
    }
  }
}
