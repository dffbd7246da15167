package dev.tollgate.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tollgate.gateway.cli.Bystander.Times;
import dev.tollgate.gateway.cli.Jar.Started;
import dev.tollgate.gateway.testkit.RawClient;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import dev.tollgate.gateway.testkit.ScriptedUpstream.Connection;
import dev.tollgate.gateway.testkit.ScriptedUpstream.Received;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Clients that do all they can to exhaust the packaged server, which has a small heap and ends when
 * that is full; meanwhile somebody else is served.
 */
@Tag("hostile")
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class HostileClientIT {
  private static final String HEAP = "-Xmx128m";
  private static final long MEGABYTE = 1 << 20;
  private static final int HALF_OPEN = Integer.getInteger("tollgate-test.half-open", 10_000);
  private static final int MANY = 300;
  private static final int PROMPTS = 30;
  private static final int MAX_THREADS = 300;

  /** The clock decides only where nobody else has the processor; then nobody waits for long. */
  private static final double WORST_MILLIS =
      Boolean.getBoolean("tollgate-test.clock") ? 1_000 : 30_000;

  private static final String GOOD =
      "{\"id\":\"gen-1\",\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1,"
          + "\"cost\":0.000001}}";
  private static final String CHAT =
      "POST /api/v1/chat/completions?project_name=shop HTTP/1.1\r\nHost: x\r\nX-API-Key: ";

  private static final ScriptedUpstream UPSTREAM = new ScriptedUpstream();

  @TempDir private static Path directory;
  private static Deployment site;
  private static Started server;
  private final List<SocketChannel> channels = new ArrayList<>();
  private Bystander bystander;

  @BeforeAll
  @Timeout(value = 2, unit = TimeUnit.MINUTES)
  static void startServer() throws Exception {
    UPSTREAM.script(HostileClientIT::play);
    site = Deployment.onSqlite(directory, UPSTREAM.baseUrl());
    site.jar()
        .withOption(HEAP)
        .withOption("-XX:+ExitOnOutOfMemoryError")
        .with("tollgate.http.headers-timeout", "2s")
        .with("tollgate.client.body-timeout", "3s")
        .with("tollgate.client.write-timeout", "3s");
    server = site.serve();
  }

  @AfterAll
  @Timeout(value = 2, unit = TimeUnit.MINUTES)
  static void stopServer() throws Exception {
    try (Started running = server) {
      // All of it is over: nothing may be left of it.
      await()
          .atMost(Duration.ofSeconds(30))
          .pollInterval(Duration.ofMillis(500))
          .until(() -> running.view().files() < 150);
      assertThat(running.view().liveBytes()).isLessThan(40 * MEGABYTE);
      assertThat(running.terminate()).isZero();
    } finally {
      UPSTREAM.close();
    }
    assertThat(UPSTREAM.failures()).isEmpty();
  }

  @BeforeEach
  void startBystander() {
    bystander = new Bystander(server, site.key(), "{}");
    await().atMost(Duration.ofSeconds(20)).until(() -> bystander.asked() > 5);
    bystander.times();
  }

  @AfterEach
  @Timeout(value = 2, unit = TimeUnit.MINUTES)
  void nobodyElseIsHarmed(TestInfo test) throws Exception {
    Times others = bystander.stop();
    System.out.println(
        "HostileClientIT: "
            + test.getDisplayName()
            + " others: "
            + others
            + ", "
            + server.view().figures());
    for (SocketChannel channel : channels) {
      channel.close();
    }
    assertThat(bystander.failures()).as(server.log()).isEmpty();
    assertThat(others.worstMillis()).isLessThan(WORST_MILLIS);
    assertThat(server.process().isAlive()).isTrue();
    assertThat(server.view().threads()).isLessThan(MAX_THREADS);
  }

  private static void play(Received request, Connection connection) throws Exception {
    UPSTREAM.forget();
    if (!new String(request.body(), StandardCharsets.UTF_8).contains("stream")) {
      connection.write(ScriptedUpstream.json(200, GOOD));
      return;
    }
    connection.write(ScriptedUpstream.streamHead());
    byte[] event = ("data: " + "a".repeat(8000) + "\n\n").getBytes(StandardCharsets.UTF_8);
    if (new String(request.body(), StandardCharsets.UTF_8).contains("silent")) {
      connection.chunk(": on my way\n\n");
      connection.awaitClosed(60_000);
      return;
    }
    while (true) {
      connection.chunk(event);
    }
  }

  /** Connections by the thousand, without a thread for each. */
  private SocketChannel connect() throws IOException {
    SocketChannel channel = SocketChannel.open();
    channel.setOption(StandardSocketOptions.SO_RCVBUF, 4096);
    channel.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()));
    channels.add(channel);
    return channel;
  }

  private static void write(SocketChannel channel, String text) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1));
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  /** Writes the same to all, again and again, until nobody takes it any more. */
  private void trickleUntilAllAreGone(String text) {
    List<SocketChannel> left = new ArrayList<>(channels);
    await()
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(200))
        .until(
            () -> {
              left.removeIf(
                  channel -> {
                    try {
                      write(channel, text);
                      return false;
                    } catch (IOException e) {
                      return true;
                    }
                  });
              return left.isEmpty();
            });
  }

  @Test
  void connectionsThatSayNothing() throws Exception {
    for (int i = 0; i < HALF_OPEN; i++) {
      connect();
    }
    int before = bystander.asked();
    await().atMost(Duration.ofSeconds(20)).until(() -> bystander.asked() > before + 50);
    System.out.println("HostileClientIT: " + HALF_OPEN + " silent: " + server.view().figures());
  }

  @Test
  void headsThatComeByteByByte() throws Exception {
    for (int i = 0; i < MANY; i++) {
      write(connect(), "GET /health/live HTTP/1.1\r\nHost: x\r\nX-Slow: " + "x".repeat(4000));
    }
    trickleUntilAllAreGone("x");
  }

  @Test
  void bodiesThatComeByteByByte() throws Exception {
    for (int i = 0; i < MANY; i++) {
      write(
          connect(), CHAT + site.key() + "\r\nContent-Length: 1000000\r\n\r\n" + "x".repeat(4000));
    }
    trickleUntilAllAreGone("x");
  }

  @Test
  void answersThatNobodyReads() throws Exception {
    for (int i = 0; i < MANY / 10; i++) {
      write(connect(), CHAT + site.key() + "\r\nContent-Length: 15\r\n\r\n{\"stream\":true}");
    }
    // Given up one by one, upstream calls too.
    await()
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(500))
        .until(() -> server.view().files() < 150);
  }

  @Test
  void requestsWithoutAPauseOfWhichNoAnswerIsRead() throws Exception {
    ByteBuffer requests =
        ByteBuffer.wrap("GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n".repeat(2000).getBytes());
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(3);
    for (int i = 0; i < 50; i++) {
      connect().configureBlocking(false);
    }
    while (System.nanoTime() - end < 0) {
      for (SocketChannel channel : channels) {
        try {
          channel.write(requests.duplicate());
        } catch (IOException e) {
          // Hung up on.
        }
      }
    }
  }

  @Test
  void garbageAndHeadsWithoutAnEnd() throws Exception {
    byte[] garbage = new byte[1 << 20];
    Arrays.fill(garbage, (byte) 'g');
    for (int i = 0; i < 50; i++) {
      try (RawClient client = new RawClient(server.port())) {
        client.send("GET /");
        client.send(garbage);
        client.readToEnd();
      } catch (IOException e) {
        // Hung up on in the middle of it.
      }
    }
  }

  @Test
  void aStreamDoesNotKeepItsPrompt() throws Exception {
    String prompt = "{\"stream\":true,\"silent\":\"" + "p".repeat(900_000) + "\"}";
    long before = server.view().liveBytes();
    List<RawClient> clients = new ArrayList<>();
    try {
      for (int i = 0; i < PROMPTS; i++) {
        RawClient client = new RawClient(server.port());
        clients.add(client);
        client.send(
            CHAT + site.key() + "\r\nContent-Length: " + prompt.length() + "\r\n\r\n" + prompt);
        client.readUntil(": on my way\n\n");
      }
      long more = server.view().liveBytes() - before;
      System.out.println("HostileClientIT: " + more / PROMPTS + " bytes a stream");
      assertThat(more).isLessThan(PROMPTS * prompt.length() / 3);
    } finally {
      for (RawClient client : clients) {
        client.reset();
      }
    }
  }
}
