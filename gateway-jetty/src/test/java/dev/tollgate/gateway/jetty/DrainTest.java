package dev.tollgate.gateway.jetty;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tollgate.gateway.jetty.Http2Connection.Exchanged;
import dev.tollgate.gateway.testkit.RawClient;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import java.net.ConnectException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.http2.ErrorCode;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server that was told to end. */
class DrainTest {
  private static final byte[] BODY = "{\"stream\":true}".getBytes(UTF_8);
  private static final Duration LONG = Duration.ofSeconds(25);

  @TempDir Path directory;
  private final ScriptedUpstream upstream = new ScriptedUpstream();
  private final CountDownLatch told = new CountDownLatch(1);
  private RunningServer server;

  @BeforeEach
  void start() throws Exception {
    upstream.script(
        (request, connection) -> {
          connection.write(ScriptedUpstream.streamHead()).chunk("data: 1\n\n");
          told.await();
          connection.chunk("data: 2\n\n").lastChunk();
        });
    server = RunningServer.start(directory, upstream.baseUrl());
  }

  @AfterEach
  void stop() throws Exception {
    told.countDown();
    server.close();
    upstream.close();
    assertThat(upstream.failures()).isEmpty();
  }

  private CompletableFuture<Void> drain(Duration delay, Duration limit) {
    return CompletableFuture.runAsync(() -> server.server().drainAndClose(delay, limit));
  }

  private void awaitListenerClosed() {
    await()
        .untilAsserted(
            () ->
                assertThatThrownBy(() -> new RawClient(server.port()).close())
                    .isInstanceOf(ConnectException.class));
  }

  private static String ask(RawClient client, String path) throws Exception {
    client.send("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n");
    String head = client.readHead();
    int length = Integer.parseInt(head.replaceAll("(?s).*Content-Length: (\\d+).*", "$1"));
    return head + "\r\n\r\n" + new String(client.read(length), UTF_8);
  }

  private RawClient stream() throws Exception {
    RawClient client = new RawClient(server.port());
    client.send(
        "POST "
            + RunningServer.CHAT
            + " HTTP/1.1\r\nHost: x\r\nX-API-Key: "
            + server.key()
            + "\r\nContent-Length: 2\r\n\r\n{}");
    client.readUntil("data: 1\n\n");
    return client;
  }

  @Test
  void anOpenStreamEndsInOrderAndThenTheServerIsClosed() throws Exception {
    try (RawClient client = stream()) {
      CompletableFuture<Void> closed = drain(Duration.ZERO, LONG);
      awaitListenerClosed();
      assertThat(closed).isNotDone();
      told.countDown();
      assertThat(client.readUntil("0\r\n\r\n")).contains("data: 2\n\n");
      closed.get(5, TimeUnit.SECONDS);
    }
  }

  @Test
  void anIdleConnectionIsClosedWhileStreamsGoOn() throws Exception {
    try (RawClient busy = stream();
        RawClient idle = new RawClient(server.port())) {
      assertThat(ask(idle, "/health/live")).startsWith("HTTP/1.1 200");
      CompletableFuture<Void> closed = drain(Duration.ZERO, LONG);
      assertThat(idle.readToEnd()).isEmpty();
      assertThat(closed).isNotDone();
      told.countDown();
      assertThat(busy.readUntil("0\r\n\r\n")).contains("data: 2\n\n");
      closed.get(5, TimeUnit.SECONDS);
    }
  }

  @Test
  void anAnswerThatBeginsWhileItDrainsSaysThatItsConnectionIsClosed() throws Exception {
    upstream.script(
        (request, connection) -> {
          told.await();
          connection.write(ScriptedUpstream.streamHead()).chunk("data: 1\n\n").lastChunk();
        });
    try (RawClient client = new RawClient(server.port())) {
      client.send(
          "GET /api/v1/models HTTP/1.1\r\nHost: x\r\nX-API-Key: " + server.key() + "\r\n\r\n");
      upstream.take();
      CompletableFuture<Void> closed = drain(Duration.ZERO, LONG);
      awaitListenerClosed();
      told.countDown();
      assertThat(client.readToEnd())
          .startsWith("HTTP/1.1 200")
          .contains("\r\nConnection: close\r\n")
          .endsWith("0\r\n\r\n");
      closed.get(5, TimeUnit.SECONDS);
    }
  }

  @Test
  void aClientOfHttp2IsToldAndItsStreamsEndInOrder() throws Exception {
    try (Http2Connection client = new Http2Connection(server.port());
        Http2Connection idle = new Http2Connection(server.port())) {
      idle.settings();
      Exchanged chat = client.post(RunningServer.CHAT, BODY, "X-API-Key", server.key());
      chat.head();
      chat.readUntil("data: 1\n\n");
      CompletableFuture<Void> closed = drain(Duration.ZERO, LONG);
      assertThat(client.awaitGoAway().getError()).isEqualTo(ErrorCode.NO_ERROR.code);
      idle.awaitClosed();
      assertThat(closed).isNotDone();
      told.countDown();
      assertThat(chat.readToEnd()).asString().endsWith("data: 2\n\n");
      closed.get(5, TimeUnit.SECONDS);
      client.awaitClosed();
    }
  }

  @Test
  void whatIsStillOpenAtTheLimitIsBrokenOff() throws Exception {
    try (RawClient client = stream()) {
      CompletableFuture<Void> closed = drain(Duration.ZERO, Duration.ofMillis(200));
      assertThat(client.readToEnd()).doesNotContain("0\r\n\r\n");
      closed.get(5, TimeUnit.SECONDS);
    }
  }

  @Test
  void duringTheDelayOnlyReadinessFails() throws Exception {
    Thread draining = new Thread(() -> server.server().drainAndClose(LONG, LONG));
    draining.start();
    await()
        .until(
            () -> {
              try (RawClient probe = new RawClient(server.port())) {
                return ask(probe, "/health/ready").contains("draining");
              }
            });
    try (RawClient late = stream()) {
      told.countDown();
      assertThat(late.readUntil("0\r\n\r\n")).contains("data: 2\n\n");
    }
    try (RawClient probe = new RawClient(server.port())) {
      assertThat(ask(probe, "/health/live")).startsWith("HTTP/1.1 200");
    }
    // An interrupt ends the delay.
    assertThat(draining.isAlive()).isTrue();
    draining.interrupt();
    draining.join(5_000);
    assertThat(draining.isAlive()).isFalse();
  }

  @Test
  void afterTheDelayItDrains() throws Exception {
    CompletableFuture<Void> closed = drain(Duration.ofMillis(300), LONG);
    closed.get(5, TimeUnit.SECONDS);
    awaitListenerClosed();
  }

  @Test
  void aSlowReaderKeepsItsTimeWhileOthersDrain() throws Exception {
    byte[] piece = new byte[1 << 20];
    upstream.script(
        (request, connection) -> {
          connection.write("HTTP/1.1 200 OK\r\nContent-Length: " + 20L * piece.length + "\r\n\r\n");
          for (int i = 0; i < 20; i++) {
            connection.write(piece);
          }
        });
    try (RawClient slow = new RawClient(server.port(), 64 << 10)) {
      slow.send(
          "POST "
              + RunningServer.CHAT
              + " HTTP/1.1\r\nHost: x\r\nX-API-Key: "
              + server.key()
              + "\r\nContent-Length: 2\r\n\r\n{}");
      slow.readHead();
      CompletableFuture<Void> closed = drain(Duration.ZERO, LONG);
      // Longer than the second that Jetty would give it.
      await()
          .during(Duration.ofMillis(2_500))
          .atMost(Duration.ofSeconds(5))
          .until(() -> !closed.isDone());
      assertThat(slow.read(20 * piece.length)).hasSize(20 * piece.length);
      closed.get(5, TimeUnit.SECONDS);
    }
  }
}
