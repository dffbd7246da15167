package dev.tollgate.gateway.relay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.client.ClientWatch;
import dev.tollgate.gateway.testkit.BooksView;
import dev.tollgate.gateway.testkit.LogCapture;
import dev.tollgate.gateway.testkit.RawClient;
import dev.tollgate.gateway.testkit.RunningGateway;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import dev.tollgate.gateway.testkit.ScriptedUpstream.Connection;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * Clients that leave while the upstream is silent. To notice takes its ten seconds and more, so all
 * of it happens at once, before the first test.
 */
@EnabledOnOs(OS.LINUX)
@Timeout(90)
class GoneClientTest {
  private static final Duration NOTICED = Duration.ofSeconds(15);
  private static final Duration ONE_SECOND = Duration.ofSeconds(1);
  private static final int STEADY_EVENTS = 6;
  private static final int STEADY_MILLIS = 3_000;

  private static final ScriptedUpstream UPSTREAM = new ScriptedUpstream();
  private static final Map<String, Long> LEFT_AT_NANOS = new ConcurrentHashMap<>();

  /** How long after its client had left a call's upstream connection was closed. */
  private static final Map<String, CompletableFuture<Duration>> CLOSED = new ConcurrentHashMap<>();

  private static final CompletableFuture<Void> FINISH = new CompletableFuture<>();

  /** Whether the exchange of a client that left before the headers was open when they came. */
  private static final CompletableFuture<Boolean> OPEN_FOR_THE_HEADERS = new CompletableFuture<>();

  private static final String LATE_HEAD =
      ScriptedUpstream.streamHead().replace("gen-1", "gen-late");

  @TempDir static Path directory;
  private static RunningGateway gateway;
  private static RunningGateway generic;
  private static LogCapture log;
  private static RawClient stays;
  private static RawClient halfClosed;

  @BeforeAll
  static void leaveAll() throws Exception {
    log = new LogCapture();
    gateway =
        RunningGateway.start(
            Files.createDirectory(directory.resolve("openrouter")), UPSTREAM.baseUrl());
    generic =
        RunningGateway.start(
            Files.createDirectory(directory.resolve("generic")),
            UPSTREAM.baseUrl(),
            Map.of("tollgate.upstream.profile", "generic"),
            30_000);
    UPSTREAM.script(
        (request, connection) -> {
          String body = new String(request.body(), UTF_8);
          String name = body.substring(body.indexOf("model\":\"") + 8, body.lastIndexOf('"'));
          if (name.equals("half-closed")) {
            sendSteadily(connection);
          } else {
            beSilent(name, connection);
          }
        });

    stays = chat("stays", true);
    stays.readUntil("data: 1\n\n");
    halfClosed = chat("half-closed", true);
    halfClosed.shutdownOutput();
    RawClient reset = chat("reset", true);
    reset.readUntil("data: 1\n\n");
    RawClient closed = chat("closed", true);
    closed.readUntil("data: 1\n\n");
    leave("closed", closed::close);
    leave("before-the-headers", chat("before-the-headers", true)::close);
    leave("generic-before-the-headers", chat(generic, "generic-before-the-headers", true)::close);
    RawClient json = chat("json", false);
    json.readHead();
    leave("json", json::close);

    closed("closed").get(60, TimeUnit.SECONDS);
    closed("before-the-headers").get(60, TimeUnit.SECONDS);
    closed("generic-before-the-headers").get(60, TimeUnit.SECONDS);
    // By now it was looked at and found open.
    leave("reset", reset::reset);
    closed("reset").get(60, TimeUnit.SECONDS);
  }

  @AfterAll
  static void stop() throws Exception {
    FINISH.complete(null);
    stays.close();
    halfClosed.close();
    gateway.close();
    generic.close();
    UPSTREAM.close();
    log.close();
  }

  private static void sendSteadily(Connection connection) throws IOException {
    connection.write(ScriptedUpstream.streamHead());
    for (int i = 0; i < STEADY_EVENTS; i++) {
      connection.chunk("data: " + i + "\n\n");
      if (connection.closesWithin(STEADY_MILLIS)) {
        return;
      }
    }
    connection.lastChunk();
  }

  private static void beSilent(String name, Connection connection) throws IOException {
    if (name.equals("json")) {
      connection.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{");
    } else if (name.equals("before-the-headers")) {
      OPEN_FOR_THE_HEADERS.complete(!connection.closesWithin(NOTICED.toMillis()));
      LEFT_AT_NANOS.put(name, System.nanoTime());
      connection.write(LATE_HEAD).chunk("data: 1\n\n");
    } else if (!name.equals("generic-before-the-headers")) {
      connection.write(ScriptedUpstream.streamHead()).chunk("data: 1\n\n");
    }
    while (!FINISH.isDone()) {
      if (connection.closesWithin(100)) {
        closed(name).complete(Duration.ofNanos(System.nanoTime() - LEFT_AT_NANOS.get(name)));
        break;
      }
    }
    connection.close();
  }

  private static CompletableFuture<Duration> closed(String name) {
    return CLOSED.computeIfAbsent(name, unused -> new CompletableFuture<>());
  }

  private static RawClient chat(String name, boolean stream) throws IOException {
    return chat(gateway, name, stream);
  }

  private static RawClient chat(RunningGateway gateway, String name, boolean stream)
      throws IOException {
    LEFT_AT_NANOS.put(name, System.nanoTime());
    String body = "{\"stream\":" + stream + ",\"model\":\"" + name + "\"}";
    return new RawClient(gateway.port())
        .send(gateway.chatHead("Content-Length: " + body.length()) + body);
  }

  private interface Leaving {
    void leave() throws IOException;
  }

  private static void leave(String name, Leaving leaving) throws IOException {
    LEFT_AT_NANOS.put(name, System.nanoTime());
    leaving.leave();
  }

  @Test
  void aStreamEndsWithItsClientsConnection() throws Exception {
    assertThat(closed("closed").get()).isLessThan(NOTICED);
  }

  @Test
  void theHeadersOfAStreamAreWaitedForSinceTheyHaveItsId() throws Exception {
    assertThat(OPEN_FOR_THE_HEADERS.get()).isTrue();
    assertThat(closed("before-the-headers").get()).as("after them").isLessThan(ONE_SECOND);
    try (BooksView books =
        new BooksView("jdbc:sqlite:" + directory.resolve("openrouter/tollgate.db"))) {
      Awaitility.await()
          .untilAsserted(
              () ->
                  assertThat(books.holds())
                      .filteredOn(hold -> "gen-late".equals(hold.generationId()))
                      .extracting(hold -> hold.state() + " " + hold.reason())
                      .containsExactly("pending client_gone"));
    }
    assertThat(log.lines())
        .anySatisfy(
            line ->
                assertThat(line).containsPattern("outcome=client_gone .*model=before-the-headers"));
  }

  @Test
  void aGenericUpstreamsStreamIsClosedBeforeItsHeaders() throws Exception {
    assertThat(closed("generic-before-the-headers").get()).isLessThan(NOTICED);
  }

  @Test
  void aStreamEndsSoonAfterAResetOfItsConnection() throws Exception {
    assertThat(closed("reset").get()).isLessThan(ClientWatch.INTERVAL.multipliedBy(4));
  }

  @Test
  void anAnswerThatIsNoStreamIsReadOn() {
    assertThat(closed("json")).isNotDone();
  }

  @Test
  void aClientThatStaysIsNotTakenForGone() {
    assertThat(closed("stays")).isNotDone();
  }

  @Test
  void aClientThatHasOnlyFinishedSendingIsServedForAsLongAsSomethingComes() throws Exception {
    assertThat(halfClosed.readUntil("0\r\n\r\n")).contains("data: " + (STEADY_EVENTS - 1));
  }
}
