package dev.tollgate.gateway.relay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tollgate.gateway.testkit.LogCapture;
import dev.tollgate.gateway.testkit.RawClient;
import dev.tollgate.gateway.testkit.RunningGateway;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How long clients and the upstream are waited for; the rest of it is in {@link RelayTest}. */
class TimeLimitsTest {
  private static final String BODY_LIMIT = "tollgate.client.body-timeout";
  private static final String WRITE_LIMIT = "tollgate.client.write-timeout";
  private static final String TOTAL_LIMIT = "tollgate.upstream.total-timeout";
  private static final String KEEP_ALIVE = "tollgate.upstream.keep-alive-timeout";

  @TempDir Path directory;
  private final ScriptedUpstream upstream = new ScriptedUpstream();
  private final LogCapture log = new LogCapture();
  private RunningGateway gateway;

  private void startWith(String setting, String value) throws Exception {
    gateway = RunningGateway.start(directory, upstream.baseUrl(), Map.of(setting, value), 30_000);
  }

  @AfterEach
  void stop() throws Exception {
    log.close();
    gateway.close();
    upstream.close();
    assertThat(upstream.failures()).isEmpty();
  }

  private RawClient ask() throws IOException {
    return new RawClient(gateway.port()).send(gateway.chatHead("Content-Length: 2") + "{}");
  }

  private void assertEnds(String outcome) {
    await()
        .untilAsserted(
            () ->
                assertThat(log.lines())
                    .anyMatch(line -> line.contains("id=req_") && line.contains(outcome)));
  }

  private static void drip(ScriptedUpstream.Connection connection) throws Exception {
    connection.write(ScriptedUpstream.streamHead());
    while (!connection.closesWithin(50)) {
      connection.chunk("data: 1\n\n");
    }
  }

  /** Floods the client until its connection is closed. */
  private static void flood(ScriptedUpstream.Connection connection) throws IOException {
    connection.write(ScriptedUpstream.streamHead());
    byte[] event = ("data: " + "x".repeat(16 << 10) + "\n\n").getBytes(UTF_8);
    while (true) {
      connection.chunk(event);
    }
  }

  @Test
  void aBodyThatDoesNotComeIsNotWaitedForForEver() throws Exception {
    startWith(BODY_LIMIT, "300ms");
    try (RawClient client = new RawClient(gateway.port())) {
      client.send(gateway.chatHead("Content-Length: 3") + "{");
      String head = client.readHead();
      assertThat(head).startsWith("HTTP/1.1 400");
      assertThat(client.readBody(head)).contains("Malformed request: body (it did not come in");
    }
    assertEnds("outcome=refused code=malformed_request");
    assertThat(upstream.waiting()).isZero();
    assertThat(gateway.balance().loaned().nanos()).isZero();
  }

  @Test
  void aBodyThatComesInDripsHasNoMoreTimeThanAnother() throws Exception {
    startWith(BODY_LIMIT, "500ms");
    try (RawClient client = new RawClient(gateway.port())) {
      client.send(gateway.chatHead("Content-Length: 1000"));
      Thread dripping =
          new Thread(
              () -> {
                try {
                  for (int i = 0; i < 999; i++) {
                    client.send(" ");
                    TimeUnit.MILLISECONDS.sleep(20);
                  }
                } catch (IOException | InterruptedException e) {
                  // The other side has had enough.
                }
              });
      dripping.start();
      assertThat(client.readHead()).startsWith("HTTP/1.1 400");
      dripping.interrupt();
      dripping.join();
    }
    assertEnds("outcome=refused code=malformed_request");
  }

  @Test
  void aClientThatTakesNothingCountsAsGone() throws Exception {
    startWith(WRITE_LIMIT, "500ms");
    CountDownLatch closed = new CountDownLatch(1);
    upstream.script(
        (request, connection) -> {
          try {
            flood(connection);
          } finally {
            closed.countDown();
          }
        });
    try (RawClient client = new RawClient(gateway.port(), 16 << 10)) {
      client.send(gateway.chatHead("Content-Length: 2") + "{}");
      client.readUntil("data: ");
      assertThat(closed.await(10, TimeUnit.SECONDS)).isTrue();
      assertEnds("outcome=client_gone");
      // It must not take what it got for the whole, should it read on.
      assertThat(client.readToEnd()).doesNotEndWith("0\r\n\r\n");
    }
  }

  @Test
  void aClientThatReadsSlowlyIsServed() throws Exception {
    startWith(WRITE_LIMIT, "500ms");
    String event = "data: " + "x".repeat(16 << 10) + "\n\n";
    upstream.script(
        (request, connection) -> {
          connection.setSendBuffer(16 << 10);
          connection.write(ScriptedUpstream.streamHead());
          for (int i = 0; i < 300; i++) {
            connection.chunk(event);
          }
          connection.chunk("data: [DONE]\n\n").lastChunk();
        });
    try (RawClient client = new RawClient(gateway.port(), 16 << 10)) {
      client.send(gateway.chatHead("Content-Length: 2") + "{}");
      long start = System.nanoTime();
      for (int i = 0; i < 30; i++) {
        client.read(160 << 10);
        TimeUnit.MILLISECONDS.sleep(50);
      }
      assertThat(client.readUntil("[DONE]\n\n\r\n0\r\n\r\n")).endsWith("0\r\n\r\n");
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofSeconds(1));
    }
    assertEnds("outcome=complete");
  }

  @Test
  void theSilenceOfTheUpstreamIsNotTheClients() throws Exception {
    startWith(WRITE_LIMIT, "200ms");
    upstream.script(
        (request, connection) -> {
          connection.write(ScriptedUpstream.streamHead()).chunk("data: 1\n\n");
          assertThat(connection.closesWithin(1_000)).isFalse();
          connection.chunk("data: 2\n\n").lastChunk();
        });
    try (RawClient client = ask()) {
      assertThat(client.readBody(client.readHead())).isEqualTo("data: 1\n\ndata: 2\n\n");
    }
  }

  @Test
  void anAnswerWithoutEndIsBrokenOff() throws Exception {
    startWith(TOTAL_LIMIT, "1s");
    upstream.script((request, connection) -> drip(connection));
    try (RawClient client = ask()) {
      assertThat(client.readToEnd()).contains("data: 1").doesNotEndWith("0\r\n\r\n");
    }
    assertEnds("outcome=upstream_failed");
  }

  @Test
  void anAnswerThatDoesNotBeginWithinTheWholeTimeIsUnavailable() throws Exception {
    startWith(TOTAL_LIMIT, "300ms");
    upstream.script((request, connection) -> connection.awaitClosed(10_000));
    try (RawClient client = ask()) {
      assertThat(client.readHead())
          .startsWith("HTTP/1.1 502")
          .containsIgnoringCase("x-should-retry: false");
    }
    assertEnds("outcome=refused code=upstream_unavailable");
  }

  @Test
  void aConnectionToTheUpstreamThatNoCallUsesIsClosed() throws Exception {
    startWith(KEEP_ALIVE, "200ms");
    BlockingQueue<ScriptedUpstream.Connection> used = new LinkedBlockingQueue<>();
    upstream.script(
        (request, connection) -> {
          connection.write(ScriptedUpstream.json(200, "{}"));
          used.add(connection);
        });
    try (RawClient client = ask()) {
      assertThat(client.readHead()).startsWith("HTTP/1.1 200");
      assertThat(used.take().over()).succeedsWithin(Duration.ofSeconds(10));
    }
  }

  @Test
  void aCallMayBeSilentForLongerThanAConnectionIsKeptWithout() throws Exception {
    startWith(KEEP_ALIVE, "100ms");
    upstream.script(
        (request, connection) -> {
          assertThat(connection.closesWithin(500)).isFalse();
          connection.write(ScriptedUpstream.streamHead());
          assertThat(connection.closesWithin(500)).isFalse();
          connection.chunk("data: 1\n\n").lastChunk();
        });
    try (RawClient client = ask()) {
      assertThat(client.readBody(client.readHead())).isEqualTo("data: 1\n\n");
    }
  }
}
