package dev.tollgate.gateway.jetty;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tollgate.gateway.jetty.Http2Connection.Exchanged;
import dev.tollgate.gateway.jetty.Http2Connection.ResetException;
import dev.tollgate.gateway.testkit.RawClient;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import java.io.ByteArrayInputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.http.MetaData;
import org.eclipse.jetty.http2.ErrorCode;
import org.eclipse.jetty.http2.frames.SettingsFrame;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What HTTP/2 changes about the relay: nothing that a client could see but its frames. */
class Http2Test {
  private static final byte[] BODY = "{\"stream\":true}".getBytes(UTF_8);
  private static final int MAX_BODY = 1_048_576;
  private static final int MAX_HEADERS = 16_384;

  @TempDir Path directory;
  private final ScriptedUpstream upstream = new ScriptedUpstream();
  private RunningServer server;
  private Http2Connection client;

  @BeforeEach
  void start() throws Exception {
    server = RunningServer.start(directory, upstream.baseUrl());
    client = new Http2Connection(server.port());
  }

  @AfterEach
  void stop() throws Exception {
    client.close();
    server.close();
    upstream.close();
    assertThat(upstream.failures()).isEmpty();
  }

  private void restartWith(Map<String, String> settings) throws Exception {
    client.close();
    server.close();
    Path other = directory.resolve("other");
    assertThat(other.toFile().mkdir()).isTrue();
    server = RunningServer.start(other, upstream.baseUrl(), settings);
    client = new Http2Connection(server.port());
  }

  private Exchanged chat(byte[] body) throws Exception {
    return client.post(RunningServer.CHAT, body, "X-API-Key", server.key());
  }

  // --- bytes

  @Test
  void anEventStreamPassesByteForByteAsItComes() throws Exception {
    byte[] stream =
        (": OPENROUTER PROCESSING\n\n: \n\nevent: x\r\ndata: {\"a\":\"\u00e9\u20ac\"}\r\n\r\n"
                + "data: {\"usage\":{\"cost\":0.0000061380}}\n\ndata: [DONE]\n\n: after\n\n")
            .getBytes(UTF_8);
    int split = new String(stream, UTF_8).indexOf("data: [DONE]");
    String firstPart = new String(stream, UTF_8).substring(0, split);
    CountDownLatch firstPartArrived = new CountDownLatch(1);
    upstream.script(
        (request, connection) -> {
          connection.write(ScriptedUpstream.streamHead()).chunk(firstPart);
          assertThat(firstPartArrived.await(10, TimeUnit.SECONDS)).isTrue();
          int sent = firstPart.getBytes(UTF_8).length;
          connection.chunk(Arrays.copyOfRange(stream, sent, stream.length)).lastChunk();
        });

    Exchanged chat = chat(BODY);
    assertThat(chat.head().getStatus()).isEqualTo(200);
    assertThat(chat.readUntil(firstPart)).isEqualTo(firstPart);
    firstPartArrived.countDown();

    assertThat(chat.readToEnd()).isEqualTo(stream);
    assertThat(upstream.take().body()).isEqualTo(BODY);
  }

  @Test
  void theHeadersAreThereBeforeTheFirstByteOfTheBody() throws Exception {
    CountDownLatch headersArrived = new CountDownLatch(1);
    upstream.script(
        (request, connection) -> {
          connection.write(ScriptedUpstream.streamHead());
          assertThat(headersArrived.await(10, TimeUnit.SECONDS)).isTrue();
          connection.chunk("data: 1\n\n").lastChunk();
        });
    Exchanged chat = chat(BODY);
    assertThat(chat.head().getHttpFields().get("X-Generation-Id")).isEqualTo("gen-1");
    headersArrived.countDown();
    assertThat(chat.readToEnd()).asString().isEqualTo("data: 1\n\n");
  }

  @Test
  void noHeaderOfAConnectionIsSent() throws Exception {
    upstream.script(
        (request, connection) ->
            connection
                .write(
                    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nX-Mine: 1\r\nX-Hop: 1\r\n"
                        + "Connection: keep-alive, X-Hop\r\nKeep-Alive: timeout=5\r\n"
                        + "Proxy-Connection: keep-alive\r\nUpgrade: h2c\r\n"
                        + "Transfer-Encoding: chunked\r\n\r\n")
                .chunk("data: 1\n\n")
                .lastChunk());
    Exchanged chat = chat(BODY);
    MetaData.Response head = chat.head();
    assertThat(head.getHttpVersion()).isEqualTo(HttpVersion.HTTP_2);
    assertThat(head.getHttpFields().getFieldNamesCollection())
        .containsExactlyInAnyOrder("content-type", "x-mine", "x-request-id", "date");
    assertThat(chat.readToEnd()).asString().isEqualTo("data: 1\n\n");
  }

  @Test
  void aLargeBodyPassesInBothDirections() throws Exception {
    byte[] question = new byte[MAX_BODY];
    byte[] answer = new byte[3 * MAX_BODY];
    new Random(1).nextBytes(question);
    new Random(2).nextBytes(answer);
    upstream.script(
        (request, connection) ->
            connection
                .write("HTTP/1.1 200 OK\r\nContent-Length: " + answer.length + "\r\n\r\n")
                .write(answer));
    Exchanged chat = chat(question);
    assertThat(chat.head().getHttpFields().getLongField("content-length")).isEqualTo(answer.length);
    assertThat(chat.readToEnd()).isEqualTo(answer);
    assertThat(upstream.take().body()).isEqualTo(question);
  }

  @Test
  void manyStreamsOfOneConnectionDoNotMix() throws Exception {
    int streams = 100;
    CyclicBarrier all = new CyclicBarrier(streams);
    upstream.script(
        (request, connection) -> {
          connection.write(ScriptedUpstream.streamHead());
          for (int i = 0; i < 5; i++) {
            // Not one is served to its end before the others have begun.
            all.await(20, TimeUnit.SECONDS);
            connection.chunk(new String(request.body(), UTF_8) + " " + i + "\n\n");
          }
          connection.lastChunk();
        });
    List<Exchanged> chats = new ArrayList<>();
    for (int i = 0; i < streams; i++) {
      chats.add(chat(("data: " + i).getBytes(UTF_8)));
    }
    for (int i = 0; i < streams; i++) {
      assertThat(chats.get(i).head().getStatus()).isEqualTo(200);
      String event = "data: " + i + " %d\n\n";
      assertThat(chats.get(i).readToEnd())
          .asString()
          .isEqualTo(event.repeat(5).formatted(0, 1, 2, 3, 4));
    }
  }

  // --- who breaks off

  @Test
  void aBrokenUpstreamResetsItsStreamAndNoOther() throws Exception {
    CountDownLatch relayed = new CountDownLatch(1);
    CountDownLatch broken = new CountDownLatch(1);
    upstream.script(
        (request, connection) -> {
          connection.write(ScriptedUpstream.streamHead()).chunk("data: 1\n\n");
          if (new String(request.body(), UTF_8).contains("break")) {
            relayed.await();
            connection.reset();
          } else {
            broken.await();
            connection.chunk("data: 2\n\n").lastChunk();
          }
        });
    Exchanged whole = chat(BODY);
    Exchanged brokenOff = chat("{\"break\":1}".getBytes(UTF_8));
    whole.head();
    brokenOff.head();
    brokenOff.readUntil("data: 1\n\n");
    relayed.countDown();
    assertThatThrownBy(brokenOff::readToEnd)
        .isInstanceOf(ResetException.class)
        .hasMessageNotContaining("NO_ERROR");
    broken.countDown();
    assertThat(whole.readToEnd()).asString().isEqualTo("data: 1\n\ndata: 2\n\n");
  }

  @Test
  void anAnswerThatIsShortOfItsLengthResetsItsStream() throws Exception {
    upstream.script(
        (request, connection) -> {
          connection.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345");
          connection.close();
        });
    Exchanged chat = chat(BODY);
    chat.head();
    assertThatThrownBy(chat::readToEnd)
        .isInstanceOf(ResetException.class)
        .hasMessageNotContaining("NO_ERROR");
  }

  /** Says into {@code closed} how long a silent stream of the upstream took to be closed. */
  private void streamAndFallSilent(BlockingQueue<Boolean> closed) {
    upstream.script(
        (request, connection) -> {
          connection.write(ScriptedUpstream.streamHead()).chunk("data: 1\n\n");
          closed.add(connection.awaitClosed(10_000));
        });
  }

  @Test
  void aStreamThatTheClientResetsIsClosedWhileTheUpstreamIsSilent() throws Exception {
    BlockingQueue<Boolean> closed = new LinkedBlockingQueue<>();
    streamAndFallSilent(closed);
    Exchanged chat = chat(BODY);
    chat.head();
    chat.readUntil("data: 1\n\n");
    chat.reset();
    assertThat(closed.poll(1, TimeUnit.SECONDS)).isEqualTo(true);
  }

  @Test
  void theStreamsOfAConnectionThatIsDroppedAreClosedWhileTheUpstreamIsSilent() throws Exception {
    BlockingQueue<Boolean> closed = new LinkedBlockingQueue<>();
    streamAndFallSilent(closed);
    List<Exchanged> chats = List.of(chat(BODY), chat(BODY));
    for (Exchanged chat : chats) {
      chat.head();
      chat.readUntil("data: 1\n\n");
    }
    client.drop();
    assertThat(closed.poll(1, TimeUnit.SECONDS)).isEqualTo(true);
    assertThat(closed.poll(1, TimeUnit.SECONDS)).isEqualTo(true);
  }

  @Test
  void aClientThatSaysGoodbyeAndHangsUpIsGoneToo() throws Exception {
    BlockingQueue<Boolean> closed = new LinkedBlockingQueue<>();
    streamAndFallSilent(closed);
    Exchanged chat = chat(BODY);
    chat.head();
    chat.readUntil("data: 1\n\n");
    client.sayGoodbye();
    client.drop();
    assertThat(closed.poll(1, TimeUnit.SECONDS)).isEqualTo(true);
  }

  @Test
  void anAnswerThatIsNoStreamIsReadToItsEndAndChargedWhenTheClientResets() throws Exception {
    CountDownLatch reset = new CountDownLatch(1);
    CountDownLatch begun = new CountDownLatch(1);
    String rest = "\"usage\":{\"cost\":0.5}}";
    upstream.script(
        (request, connection) -> {
          connection
              .write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ")
              .write(rest.length() + 1 + "\r\n\r\n{");
          begun.countDown();
          reset.await();
          // A gateway that closes does so at once.
          assertThat(connection.closesWithin(300)).isFalse();
          connection.write(rest);
        });
    Exchanged chat = chat("{}".getBytes(UTF_8));
    begun.await();
    chat.head();
    chat.readUntil("{");
    chat.reset();
    reset.countDown();
    await().untilAsserted(() -> assertThat(server.entries().get(0).amount()).hasToString("0.50"));
  }

  @Test
  void aRequestThatIsResetWhileItsBodyIsSentGoesNowhere() throws Exception {
    Exchanged halfSent = client.postHalf(RunningServer.CHAT, "X-API-Key", server.key());
    await().until(() -> !server.gateway().awaitIdle(Duration.ZERO));
    halfSent.reset();
    assertThat(server.gateway().awaitIdle(Duration.ofSeconds(10))).isTrue();
    assertThat(upstream.waiting()).isZero();
    assertThat(server.entries()).hasSize(1);
  }

  // --- refusals

  @Test
  void aRefusalHasItsBodyAndItsStreamEndsInOrder() throws Exception {
    Exchanged refused = client.post("/api/v1/chat/completions", BODY);
    MetaData.Response head = refused.head();
    assertThat(head.getStatus()).isEqualTo(401);
    assertThat(head.getHttpFields().get("content-type")).isEqualTo("application/json");
    assertThat(head.getHttpFields().get("x-request-id")).startsWith("req_");
    assertThat(refused.readToEnd()).asString().contains("X-API-Key header is required");
  }

  @Test
  void theStreamOfARefusalEndsWhileTheClientWaitsWithItsBody() throws Exception {
    long start = System.nanoTime();
    Exchanged refused =
        client.postHalf(
            RunningServer.CHAT,
            "X-API-Key",
            server.key(),
            "Content-Length",
            Integer.toString(2 * MAX_BODY));

    assertThat(refused.head().getStatus()).isEqualTo(413);
    assertThat(refused.readToEnd()).asString().contains("Request body too large (max 1MB)");
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(3));
  }

  @Test
  void aBodyOverTheLimitIsRefusedWhateverLengthWasDeclared() throws Exception {
    byte[] tooLarge = new byte[MAX_BODY + 1];
    for (String[] headers :
        new String[][] {
          {"X-API-Key", server.key()},
          {"X-API-Key", server.key(), "Content-Length", Integer.toString(tooLarge.length)}
        }) {
      Exchanged refused = client.post(RunningServer.CHAT, tooLarge, headers);
      assertThat(refused.head().getStatus()).isEqualTo(413);
      assertThat(refused.readToEnd()).asString().contains("Request body too large (max 1MB)");
    }
    assertThat(upstream.waiting()).isZero();
  }

  @Test
  void anOrdinaryClientSeesTheRefusalOfWhatItIsStillSending() throws Exception {
    HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build();
    HttpResponse<String> first =
        http.send(
            HttpRequest.newBuilder(server.uri("/health/live")).build(), BodyHandlers.ofString());
    assertThat(first.version()).isEqualTo(HttpClient.Version.HTTP_2);
    for (int i = 0; i < 5; i++) {
      byte[] tooLarge = new byte[3 * MAX_BODY];
      HttpRequest request =
          HttpRequest.newBuilder(server.uri(RunningServer.CHAT))
              .header("X-API-Key", server.key())
              .POST(
                  i % 2 == 0
                      ? BodyPublishers.ofByteArray(tooLarge)
                      : BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(tooLarge)))
              .build();
      HttpResponse<String> refused = http.send(request, BodyHandlers.ofString());
      assertThat(refused.version()).isEqualTo(HttpClient.Version.HTTP_2);
      assertThat(refused.statusCode()).isEqualTo(413);
      assertThat(refused.body()).contains("Request body too large");
    }
  }

  // --- bounds

  @Test
  void aClientThatReadsNothingHoldsItsOwnUpstreamBackAndNoOtherStream() throws Exception {
    AtomicLong sent = new AtomicLong();
    byte[] piece = new byte[64 << 10];
    upstream.script(
        (request, connection) -> {
          if (new String(request.body(), UTF_8).contains("much")) {
            connection.setSendBuffer(64 << 10);
            connection.write(ScriptedUpstream.streamHead());
            while (true) {
              connection.chunk(piece);
              sent.addAndGet(piece.length);
            }
          }
          connection.write(ScriptedUpstream.streamHead()).chunk("data: 1\n\n").lastChunk();
        });
    Exchanged unread =
        client.postWithoutReading(
            RunningServer.CHAT, "much".getBytes(UTF_8), "X-API-Key", server.key());
    unread.head();
    AtomicLong before = new AtomicLong(-1);
    await()
        .pollInterval(Duration.ofMillis(500))
        .until(() -> sent.get() > 0 && before.getAndSet(sent.get()) == sent.get());
    // The first window, what the systems between hold, what is in the gateway's hands.
    assertThat(sent.get()).isLessThan(32L << 20);

    Exchanged other = chat(BODY);
    other.head();
    assertThat(other.readToEnd()).asString().isEqualTo("data: 1\n\n");
  }

  @Test
  void aClientThatTakesNothingIsGivenUpAfterItsIdleTime() throws Exception {
    restartWith(Map.of("tollgate.http.idle-timeout", "500ms"));
    BlockingQueue<Boolean> closed = new LinkedBlockingQueue<>();
    byte[] piece = new byte[64 << 10];
    upstream.script(
        (request, connection) -> {
          try {
            connection.write(ScriptedUpstream.streamHead());
            while (true) {
              connection.chunk(piece);
            }
          } finally {
            closed.add(true);
          }
        });
    Exchanged unread =
        client.postWithoutReading(RunningServer.CHAT, BODY, "X-API-Key", server.key());
    unread.head();
    assertThat(closed.poll(10, TimeUnit.SECONDS)).isEqualTo(true);
  }

  @Test
  void silenceOfTheUpstreamIsNotHeldAgainstTheClient() throws Exception {
    restartWith(Map.of("tollgate.http.idle-timeout", "300ms"));
    upstream.script(
        (request, connection) -> {
          assertThat(connection.closesWithin(1_000)).isFalse();
          connection.write(ScriptedUpstream.streamHead()).chunk("data: 1\n\n");
          assertThat(connection.closesWithin(1_000)).isFalse();
          connection.chunk("data: 2\n\n").lastChunk();
        });
    Exchanged chat = chat(BODY);
    assertThat(chat.head().getStatus()).isEqualTo(200);
    assertThat(chat.readToEnd()).asString().isEqualTo("data: 1\n\ndata: 2\n\n");
  }

  @Test
  void theServerSaysItsBounds() throws Exception {
    assertThat(client.settings())
        .containsEntry(SettingsFrame.MAX_CONCURRENT_STREAMS, 128)
        .containsEntry(SettingsFrame.MAX_HEADER_LIST_SIZE, MAX_HEADERS)
        .containsEntry(SettingsFrame.ENABLE_CONNECT_PROTOCOL, 0);
  }

  @Test
  void headersOverTheLimitReachNoFilter() throws Exception {
    client.ignoreHeaderLimit();
    // Small when compressed, large when not.
    List<String> headers = new ArrayList<>(List.of("X-API-Key", server.key()));
    for (int i = 0; i < 40; i++) {
      headers.addAll(List.of("X-Big", "x".repeat(1000)));
    }
    Exchanged refused = client.get("/api/v1/models", headers.toArray(String[]::new));
    assertThatThrownBy(refused::head).isInstanceOf(ResetException.class);
    assertThat(upstream.waiting()).isZero();
  }

  @Test
  void rapidResetsEndTheConnection() throws Exception {
    for (int i = 0; i < 2_000; i++) {
      try {
        chat(BODY).reset();
      } catch (Exception e) {
        // The connection has gone in the middle of it.
        break;
      }
    }
    assertThat(client.awaitGoAway().getError()).isEqualTo(ErrorCode.ENHANCE_YOUR_CALM_ERROR.code);
    client.awaitClosed();
    assertThat(server.gateway().awaitIdle(Duration.ofSeconds(10))).isTrue();
  }

  // --- upgrade

  @Test
  void aClientOfHttp11MayUpgrade() throws Exception {
    upstream.script(
        (request, connection) ->
            connection.write(ScriptedUpstream.streamHead()).chunk("data: 1\n\n").lastChunk());
    HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build();
    HttpResponse<String> models =
        http.send(
            HttpRequest.newBuilder(server.uri("/api/v1/models"))
                .header("X-API-Key", server.key())
                .build(),
            BodyHandlers.ofString());
    assertThat(models.version()).isEqualTo(HttpClient.Version.HTTP_2);
    assertThat(models.body()).isEqualTo("data: 1\n\n");
    assertThat(models.headers().map()).doesNotContainKeys("transfer-encoding", "connection");
  }

  @Test
  void aRequestWithABodyIsServedWhereItAsksForAnUpgradeToo() throws Exception {
    upstream.script(
        (request, connection) ->
            connection.write(ScriptedUpstream.streamHead()).chunk("data: 1\n\n").lastChunk());
    for (HttpRequest.BodyPublisher body :
        List.of(
            BodyPublishers.ofByteArray(BODY),
            BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(BODY)))) {
      // A client of its own: the first request asks.
      HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build();
      HttpRequest chat =
          HttpRequest.newBuilder(server.uri(RunningServer.CHAT))
              .header("X-API-Key", server.key())
              .timeout(Duration.ofSeconds(10))
              .POST(body)
              .build();
      HttpResponse<String> answer = http.send(chat, BodyHandlers.ofString());
      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(answer.body()).isEqualTo("data: 1\n\n");
      assertThat(upstream.take().body()).isEqualTo(BODY);
    }
  }

  @Test
  void whoAsksForNothingSpeaksHttp11() throws Exception {
    try (RawClient raw = new RawClient(server.port())) {
      raw.send("GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n");
      assertThat(raw.readHead()).startsWith("HTTP/1.1 200");
    }
  }
}
