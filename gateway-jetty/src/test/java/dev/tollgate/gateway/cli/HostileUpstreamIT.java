package dev.tollgate.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tollgate.gateway.cli.Bystander.Times;
import dev.tollgate.gateway.cli.Jar.Started;
import dev.tollgate.gateway.testkit.RawClient;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import dev.tollgate.gateway.testkit.ScriptedUpstream.Connection;
import dev.tollgate.gateway.testkit.ScriptedUpstream.Received;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.GZIPOutputStream;
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
 * An upstream that does all it can to exhaust the packaged server, which has a small heap and ends
 * when that is full; meanwhile somebody else is served. What the upstream does is named in the body
 * of the request.
 */
@Tag("hostile")
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class HostileUpstreamIT {
  private static final String HEAP = "-Xmx64m";
  private static final long MEGABYTE = 1 << 20;
  private static final int AT_ONCE = 4;

  /** The clock decides only where nobody else has the processor; then nobody waits for long. */
  private static final double WORST_MILLIS =
      Boolean.getBoolean("tollgate-test.clock") ? 1_000 : 30_000;

  private static final Duration HEADERS_TIMEOUT = Duration.ofSeconds(10);

  private static final String GOOD =
      "{\"id\":\"gen-1\",\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1,"
          + "\"cost\":0.000001}}";

  private static final ScriptedUpstream UPSTREAM = new ScriptedUpstream();
  private static final AtomicInteger PLAYING = new AtomicInteger();
  private static final AtomicInteger LISTS = new AtomicInteger();
  private static volatile boolean listsAreHostile;
  private static volatile byte[] bomb = {};

  @TempDir private static Path directory;
  private static Deployment site;
  private static Started server;
  private Bystander bystander;

  @BeforeAll
  @Timeout(value = 2, unit = TimeUnit.MINUTES)
  static void startServer() throws Exception {
    UPSTREAM.script(HostileUpstreamIT::play);
    UPSTREAM.background(HostileUpstreamIT::background);
    site = Deployment.onSqlite(directory, UPSTREAM.baseUrl());
    site.jar()
        .withOption(HEAP)
        .withOption("-XX:+ExitOnOutOfMemoryError")
        .with("tollgate.upstream.headers-timeout", HEADERS_TIMEOUT.toSeconds() + "s")
        .with("tollgate.upstream.idle-timeout", "5s")
        .with("tollgate.upstream.total-timeout", "20s")
        .with("tollgate.prices.refresh", "500ms");
    server = site.serve();
  }

  @AfterAll
  @Timeout(value = 2, unit = TimeUnit.MINUTES)
  static void stopServer() throws Exception {
    try (Started running = server) {
      assertThat(running.view().liveBytes()).isLessThan(30 * MEGABYTE);
      assertThat(running.terminate()).isZero();
    } finally {
      UPSTREAM.close();
    }
    assertThat(UPSTREAM.failures()).isEmpty();
  }

  @BeforeEach
  void startBystander() {
    bystander = new Bystander(server, site.key(), "{\"evil\":\"none\"}");
    await().atMost(Duration.ofSeconds(20)).until(() -> bystander.asked() > 5);
    bystander.times();
  }

  @AfterEach
  @Timeout(value = 2, unit = TimeUnit.MINUTES)
  void nobodyElseIsHarmed(TestInfo test) throws Exception {
    Times others = bystander.stop();
    System.out.println("HostileUpstreamIT: " + test.getDisplayName() + " others: " + others);
    assertThat(bystander.failures()).as(server.log()).isEmpty();
    assertThat(others.worstMillis()).isLessThan(WORST_MILLIS);
    // What was read is let go, and whoever wrote is cut off.
    await().atMost(Duration.ofSeconds(30)).until(() -> PLAYING.get() == 0);
    assertThat(server.process().isAlive()).isTrue();
  }

  // The upstream.

  private static void play(Received request, Connection connection) throws Exception {
    UPSTREAM.forget();
    String body = new String(request.body(), StandardCharsets.UTF_8);
    String evil = body.replaceAll(".*\"evil\":\"([^\"]*)\".*", "$1");
    if (evil.equals("none")) {
      connection.write(ScriptedUpstream.json(200, GOOD));
      return;
    }
    PLAYING.incrementAndGet();
    try {
      switch (evil) {
        case "headers" ->
            endlessly(connection, "HTTP/1.1 200 OK\r\n", "X-More: and more, and more\r\n");
        case "early hints" ->
            endlessly(connection, "", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
        case "status line" -> endlessly(connection, "HTTP/1.1 200 ", "OK and fine, ");
        case "comment" -> endlessly(connection, streamHead(), chunk(":".repeat(8000)));
        case "events" -> endlessly(connection, streamHead(), chunk("data: 1\n\n".repeat(900)));
        case "json" ->
            endlessly(
                connection,
                jsonHead("Transfer-Encoding: chunked"),
                chunk("{\"a\":[\"" + "a".repeat(8000)));
        case "chunk header" -> endlessly(connection, streamHead(), "0".repeat(8000));
        case "trailers" ->
            endlessly(
                connection, streamHead() + chunk("data: 1\n\n") + "0\r\n", "X-More: more\r\n");
        case "long line" -> longLine(connection);
        case "bomb" ->
            connection
                .write(jsonHead("Content-Encoding: gzip\r\nContent-Length: " + bomb.length))
                .write(bomb);
        case "too little" -> {
          connection.write(jsonHead("Content-Length: 1000000") + "{");
          connection.close();
        }
        case "too much" ->
            endlessly(connection, jsonHead("Content-Length: 2"), "{}" + "HTTP/1.1 200 OK\r\n\r\n");
        case "two lengths" ->
            connection.write(jsonHead("Content-Length: 2\r\nContent-Length: 3") + "{}");
        case "negative" -> connection.write(jsonHead("Content-Length: -1") + "{}");
        default -> throw new AssertionError(body);
      }
    } finally {
      PLAYING.decrementAndGet();
    }
  }

  private static void background(Received request, Connection connection) throws Exception {
    if (!listsAreHostile) {
      connection.write(ScriptedUpstream.json(404, "{\"error\":{\"code\":404}}"));
    } else if (request.target().contains("/models")) {
      // A price list without an end.
      LISTS.incrementAndGet();
      endlessly(
          connection,
          jsonHead("Transfer-Encoding: chunked") + chunk("{\"data\":["),
          chunk("{\"id\":\"model\",\"pricing\":{\"prompt\":\"0.1\"}},".repeat(200)));
    } else {
      // And what a generation cost, at great length.
      endlessly(
          connection,
          jsonHead("Transfer-Encoding: chunked"),
          chunk("{\"data\":{\"id\":\"" + "a".repeat(8000)));
    }
  }

  private static void endlessly(Connection connection, String begin, String more)
      throws IOException {
    byte[] bytes = more.getBytes(StandardCharsets.UTF_8);
    connection.write(begin);
    while (true) {
      connection.write(bytes);
    }
  }

  private static String streamHead() {
    return ScriptedUpstream.streamHead();
  }

  private static String jsonHead(String header) {
    return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" + header + "\r\n\r\n";
  }

  private static String chunk(String text) {
    return Integer.toHexString(text.length()) + "\r\n" + text + "\r\n";
  }

  private static void longLine(Connection connection) throws IOException {
    byte[] megabyte = new byte[(int) MEGABYTE];
    Arrays.fill(megabyte, (byte) 'a');
    connection.write(streamHead()).chunk("data: ");
    for (int i = 0; i < 100; i++) {
      connection.chunk(megabyte);
    }
    connection.chunk("\n\ndata: [DONE]\n\n").lastChunk();
  }

  /** A gigabyte, in little more than one megabyte. */
  private static byte[] pack() {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
      byte[] megabyte = new byte[(int) MEGABYTE];
      Arrays.fill(megabyte, (byte) ' ');
      gzip.write('{');
      for (int i = 0; i < 1024; i++) {
        gzip.write(megabyte);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return packed.toByteArray();
  }

  // The client.

  private RawClient ask(String evil) throws IOException {
    String body = "{\"evil\":\"" + evil + "\"}";
    return new RawClient(server.port())
        .send(
            "POST /api/v1/chat/completions?project_name=shop HTTP/1.1\r\nHost: x\r\nX-API-Key: "
                + site.key()
                + "\r\nConnection: close\r\nContent-Length: "
                + body.length()
                + "\r\n\r\n"
                + body);
  }

  /** What is answered before anything of it could be relayed. */
  private void assertRefused(String evil) throws IOException {
    RawClient[] clients = new RawClient[AT_ONCE];
    for (int i = 0; i < AT_ONCE; i++) {
      clients[i] = ask(evil);
    }
    for (RawClient client : clients) {
      try (client) {
        assertThat(client.readHead()).startsWith("HTTP/1.1 502");
      }
    }
  }

  /** Reads so much of it and leaves. */
  private void readAndLeave(String evil, long bytes) throws IOException {
    RawClient[] clients = new RawClient[AT_ONCE];
    for (int i = 0; i < AT_ONCE; i++) {
      clients[i] = ask(evil);
    }
    for (RawClient client : clients) {
      assertThat(client.readHead()).startsWith("HTTP/1.1 200");
      assertThat(client.skip(bytes)).isEqualTo(bytes);
      client.reset();
    }
  }

  @Test
  void listsOfPricesAndCostsWithoutAnEndAreGivenUp() throws Exception {
    listsAreHostile = true;
    try {
      // Its cost has to be asked for.
      ask("too little").close();
      int before = LISTS.get();
      await().atMost(Duration.ofSeconds(40)).until(() -> LISTS.get() > before + 4);
    } finally {
      listsAreHostile = false;
    }
  }

  @Test
  void headersWithoutAnEndAreRefused() throws Exception {
    assertRefused("headers");
  }

  @Test
  void aStatusLineWithoutAnEndIsRefused() throws Exception {
    assertRefused("status line");
  }

  @Test
  void interimResponsesWithoutAnEndAreRefused() throws Exception {
    long start = System.nanoTime();
    assertRefused("early hints");
    // Not only when the time for the headers is over: they would keep others waiting.
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(HEADERS_TIMEOUT);
  }

  @Test
  void aCommentWithoutAnEndIsRelayedToWhoeverReadsIt() throws Exception {
    readAndLeave("comment", 40 * MEGABYTE);
  }

  @Test
  void eventsWithoutAnEndAreRelayedToWhoeverReadsThem() throws Exception {
    readAndLeave("events", 40 * MEGABYTE);
  }

  @Test
  void aChunkHeaderWithoutAnEndIsBrokenOff() throws Exception {
    try (RawClient client = ask("chunk header")) {
      assertThat(client.readToEnd()).doesNotContain("\r\n0\r\n\r\n");
    }
  }

  @Test
  void trailersWithoutAnEndAreBrokenOff() throws Exception {
    try (RawClient client = ask("trailers")) {
      assertThat(client.readToEnd()).doesNotContain("\r\n0\r\n\r\n");
    }
  }

  @Test
  void aLineOf100MegabytesIsRelayedWhole() throws Exception {
    try (RawClient client = ask("long line")) {
      client.readHead();
      assertThat(client.skip(Long.MAX_VALUE)).isGreaterThan(100 * MEGABYTE);
    }
  }

  @Test
  void aBombIsRelayedAsItCame() throws Exception {
    bomb = pack();
    for (int i = 0; i < AT_ONCE; i++) {
      try (RawClient client = ask("bomb")) {
        assertThat(client.readHead()).contains("Content-Encoding: gzip");
        assertThat(client.read(bomb.length)).isEqualTo(bomb);
      }
    }
  }

  @Test
  void aBodyThatIsShorterThanItsLengthIsBrokenOff() throws Exception {
    try (RawClient client = ask("too little")) {
      client.readHead();
      assertThat(client.readToEnd()).isEqualTo("{");
    }
  }

  @Test
  void whatComesBehindABodyIsNoneOfIt() throws Exception {
    // Whose request is next on such a connection may have bad luck.
    bystander.stop();
    for (int i = 0; i < 20; i++) {
      try (RawClient client = ask("too much")) {
        String head = client.readHead();
        if (head.startsWith("HTTP/1.1 200")) {
          assertThat(client.readToEnd()).isEqualTo("{}");
        } else {
          assertThat(head).startsWith("HTTP/1.1 502");
        }
      }
    }
  }

  @Test
  void lengthsThatContradictEachOtherAreRefused() throws Exception {
    assertRefused("two lengths");
    assertRefused("negative");
  }
}
