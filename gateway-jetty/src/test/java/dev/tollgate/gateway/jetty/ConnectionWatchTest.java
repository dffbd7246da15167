package dev.tollgate.gateway.jetty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tollgate.gateway.testkit.KeyStores;
import dev.tollgate.gateway.testkit.RawClient;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clients that take their time over a request, and more of them than there is room for. */
class ConnectionWatchTest {
  private static final String LIVE = "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n";
  private static final Duration PATIENCE = Duration.ofSeconds(15);

  @TempDir Path directory;
  private final ScriptedUpstream upstream = new ScriptedUpstream();
  private final CountDownLatch told = new CountDownLatch(1);
  private final List<RawClient> clients = new ArrayList<>();
  private RunningServer server;

  private void start(Map<String, String> settings) throws Exception {
    upstream.script(
        (request, connection) -> {
          connection.write(ScriptedUpstream.streamHead()).chunk("data: 1\n\n");
          told.await();
          connection.chunk("data: 2\n\n").lastChunk();
        });
    server = RunningServer.start(directory, upstream.baseUrl(), settings);
  }

  @AfterEach
  void stop() throws Exception {
    told.countDown();
    for (RawClient client : clients) {
      client.close();
    }
    server.close();
    upstream.close();
    assertThat(upstream.failures()).isEmpty();
  }

  private RawClient connect() throws IOException {
    RawClient client = new RawClient(server.port());
    clients.add(client);
    return client;
  }

  private RawClient stream() throws IOException {
    RawClient client = connect();
    client.send(
        "POST "
            + RunningServer.CHAT
            + " HTTP/1.1\r\nHost: x\r\nX-API-Key: "
            + server.key()
            + "\r\nContent-Length: 2\r\n\r\n{}");
    client.readUntil("data: 1\n\n");
    return client;
  }

  private static String head(RawClient client) throws IOException {
    String head = client.readHead();
    client.readBody(head);
    return head;
  }

  /** Sends a byte now and then, until that fails. */
  private static void trickle(RawClient client, byte[] bytes) {
    int[] next = {0};
    await()
        .pollInterval(Duration.ofMillis(50))
        .atMost(PATIENCE)
        .until(
            () -> {
              try {
                client.send(new byte[] {bytes[next[0]++ % bytes.length]});
                return false;
              } catch (IOException e) {
                return true;
              }
            });
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  @Test
  void aHeadThatComesByteByByteIsGivenUp() throws Exception {
    start(Map.of("tollgate.http.headers-timeout", "500ms"));
    RawClient slow = connect().send("GET /health/live HTTP/1.1\r\nHost: x\r\nX-Slow: ");
    trickle(slow, bytes("x"));
    assertThat(head(connect().send(LIVE))).startsWith("HTTP/1.1 200");
  }

  @Test
  void emptyLinesInPlaceOfAHeadAreGivenUp() throws Exception {
    start(Map.of("tollgate.http.headers-timeout", "200ms", "tollgate.http.idle-timeout", "500ms"));
    trickle(connect(), bytes("\r\n"));
  }

  @Test
  void aHandshakeThatIsNeverDoneIsGivenUp() throws Exception {
    Path keyStore = KeyStores.make(directory.resolve("server.p12"), "one.example", "PKCS12");
    start(
        Map.of(
            "tollgate.http.headers-timeout",
            "500ms",
            "tollgate.http.tls.key-store",
            keyStore.toString(),
            "tollgate.http.tls.password",
            KeyStores.PASSWORD));
    // The beginning of a ClientHello of 16 KB that never comes.
    RawClient slow = connect().send(new byte[] {22, 3, 1, 63, -1, 1, 0, 63, -5, 3, 3});
    trickle(slow, new byte[] {0});
  }

  @Test
  void whatIsOpenMayTakeLongerThanAHead() throws Exception {
    start(Map.of("tollgate.http.headers-timeout", "100ms"));
    RawClient stream = stream();
    RawClient slowBody =
        connect()
            .send(
                "POST "
                    + RunningServer.CHAT
                    + " HTTP/1.1\r\nHost: x\r\nX-API-Key: "
                    + server.key()
                    + "\r\nContent-Length: 3\r\n\r\n{");
    RawClient idle = connect();
    for (int i = 0; i < 2; i++) {
      assertThat(head(idle.send(LIVE))).startsWith("HTTP/1.1 200");
      // The next request of a connection may be long in coming, too.
      CountDownLatch pause = new CountDownLatch(1);
      assertThat(pause.await(700, TimeUnit.MILLISECONDS)).isFalse();
    }
    told.countDown();
    assertThat(stream.readUntil("0\r\n\r\n")).contains("data: 2\n\n");
    assertThat(slowBody.send(" }").readHead()).startsWith("HTTP/1.1 200");
  }

  @Test
  void whoComesWhenThereIsNoRoomIsServedWhenSomebodyLeaves() throws Exception {
    start(Map.of("tollgate.http.max-connections", "2"));
    RawClient first = stream();
    stream();
    CompletableFuture<String> waiting =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return head(connect().send(LIVE));
              } catch (IOException e) {
                throw new IllegalStateException(e);
              }
            });
    await().during(Duration.ofMillis(500)).until(() -> !waiting.isDone());
    first.reset();
    assertThat(waiting).succeedsWithin(PATIENCE).asString().startsWith("HTTP/1.1 200");
  }

  @Test
  void whoHasNothingOpenMakesRoomForOthers() throws Exception {
    start(Map.of("tollgate.http.max-connections", "8"));
    RawClient stream = stream();
    List<RawClient> silent = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      silent.add(connect());
    }
    assertThat(head(connect().send(LIVE))).startsWith("HTTP/1.1 200");
    assertThat(silent.get(0).readToEnd()).isEmpty();
    told.countDown();
    assertThat(stream.readUntil("0\r\n\r\n")).contains("data: 2\n\n");
  }

  @Test
  void aFullServerStillDrains() throws Exception {
    start(Map.of("tollgate.http.max-connections", "1"));
    RawClient stream = stream();
    RawClient waiting = connect();
    CompletableFuture<Void> closed =
        CompletableFuture.runAsync(
            () -> server.server().drainAndClose(Duration.ZERO, Duration.ofSeconds(25)));
    assertThat(waiting.readToEnd()).isEmpty();
    assertThat(closed).isNotDone();
    told.countDown();
    assertThat(stream.readUntil("0\r\n\r\n")).contains("data: 2\n\n");
    assertThat(closed).succeedsWithin(PATIENCE);
  }
}
