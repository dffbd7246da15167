package dev.tollgate.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tollgate.gateway.cli.Jar.Started;
import dev.tollgate.gateway.jdbc.DatabaseOptions;
import dev.tollgate.gateway.testkit.Postgres;
import dev.tollgate.gateway.testkit.RawClient;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import dev.tollgate.gateway.testkit.ScriptedUpstream.Connection;
import dev.tollgate.gateway.testkit.ScriptedUpstream.Received;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Somebody stands still in the middle of things, as by {@code SIGSTOP}: connections stay open, and
 * nothing moves. Nobody else's stream may stall. Wants a machine with nothing else to do.
 */
@Tag("stress")
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class StandstillIT {
  private static final int STREAMS = 20;
  private static final int STANDING = 100;
  private static final long PACE_MILLIS = 20;
  private static final double MAX_STALL_MILLIS = 100;
  private static final Duration LENGTH = Duration.ofSeconds(4);
  private static final String LONG_EVENT = "data: " + "a".repeat(8000) + "\n\n";

  @TempDir Path directory;
  private final Postgres postgres = Postgres.start();
  private final ScriptedUpstream upstream = new ScriptedUpstream();
  private final List<RawClient> standing = new ArrayList<>();
  // When an endless stream got rid of something.
  private final AtomicLong flowing = new AtomicLong();
  private Deployment site;
  private Started server;
  private PacedStreams streams;
  private double alone;

  @BeforeEach
  void start() throws Exception {
    upstream.script(this::play);
    DatabaseOptions database = postgres.createDatabase();
    site = new Deployment(directory, database.url(), upstream.baseUrl());
    server = site.serve();
    streams = new PacedStreams(server.port(), request("paced", site.key()), STREAMS);
    // Once for the compiler, once for the clock.
    watch();
    alone = watch();
  }

  @AfterEach
  void stop() throws Exception {
    postgres.resume();
    streams.close();
    for (RawClient client : standing) {
      client.close();
    }
    server.close();
    upstream.close();
    postgres.close();
  }

  private void play(Received request, Connection connection) throws Exception {
    upstream.forget();
    switch (new String(request.body(), StandardCharsets.UTF_8).replaceAll(".*\"x\":\"|\".*", "")) {
      case "paced" -> {
        connection.write(ScriptedUpstream.streamHead());
        long next = System.nanoTime();
        while (true) {
          connection.chunk("data: 1\n\n");
          next += TimeUnit.MILLISECONDS.toNanos(PACE_MILLIS);
          TimeUnit.NANOSECONDS.sleep(next - System.nanoTime());
        }
      }
      case "endless" -> {
        // Fast for a model, not so fast that a hundred of them want all of the processor.
        connection.write(ScriptedUpstream.streamHead());
        while (true) {
          connection.chunk(LONG_EVENT);
          flowing.set(System.nanoTime());
          TimeUnit.MILLISECONDS.sleep(2 * PACE_MILLIS);
        }
      }
      case "half" -> {
        connection.write(ScriptedUpstream.streamHead()).chunk("data: half an ev");
        connection.awaitClosed(120_000);
      }
      default ->
          connection.write(ScriptedUpstream.json(200, "{\"id\":\"gen-1\",\"usage\":{\"cost\":0}}"));
    }
  }

  private static String request(String wish, String key) {
    String body = "{\"x\":\"" + wish + "\",\"stream\":true}";
    return "POST /api/v1/chat/completions?project_name=shop HTTP/1.1\r\nHost: x\r\nX-API-Key: "
        + key
        + "\r\nContent-Length: "
        + body.length()
        + "\r\n\r\n"
        + body;
  }

  /** The longest gap within a while. */
  private double watch() {
    return watchUntil(() -> true);
  }

  /** The longest gap from now to then, and for a while at least. */
  private double watchUntil(Callable<Boolean> then) {
    long before = streams.events();
    streams.worstMillis();
    long start = System.nanoTime();
    await().pollDelay(LENGTH).atMost(Duration.ofMinutes(2)).until(then);
    long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
    // All of them go on.
    assertThat(streams.events() - before).isGreaterThan(STREAMS * millis / PACE_MILLIS / 2);
    return streams.worstMillis();
  }

  private void assertNobodyStalls(String who) {
    assertNobodyStalls(who, () -> true);
  }

  private void assertNobodyStalls(String who, Callable<Boolean> until) {
    double meanwhile = watchUntil(until);
    System.out.printf(
        "StandstillIT: %s: the longest gap between events every %d ms is %.0f ms, %.0f ms before%n",
        who, PACE_MILLIS, meanwhile, alone);
    assertThat(meanwhile).isLessThan(Math.max(alone, PACE_MILLIS) + MAX_STALL_MILLIS);
  }

  /** What a hundred new streams cost at once is not what is asked here. */
  private void awaitInTheMiddle() throws Exception {
    for (RawClient client : standing) {
      client.readUntil("data: ");
    }
  }

  @Test
  void anUpstreamThatStandsStillStopsNobodyElse() throws Exception {
    for (int i = 0; i < STANDING; i++) {
      standing.add(new RawClient(server.port()).send(request("half", site.key())));
    }
    awaitInTheMiddle();
    assertNobodyStalls("upstream");
  }

  @Test
  void clientsThatStandStillStopNobodyElse() throws Exception {
    for (int i = 0; i < STANDING; i++) {
      standing.add(new RawClient(server.port(), 4096).send(request("endless", site.key())));
    }
    awaitInTheMiddle();
    assertNobodyStalls(
        "clients, until all buffers are full",
        () -> System.nanoTime() - flowing.get() > TimeUnit.SECONDS.toNanos(1));
    assertNobodyStalls("clients, with all buffers full");
  }

  @Test
  void aDatabaseThatStandsStillStopsNoStream() throws Exception {
    postgres.pause();
    // More than there are threads: each wants a look at the books, or at a key.
    for (int i = 0; i < STANDING * 3; i++) {
      String key = i % 2 == 0 ? site.key() : "tg_unknown" + i;
      standing.add(new RawClient(server.port()).send(request("none", key)));
    }
    assertNobodyStalls("database");
    postgres.resume();
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> site.client(server).ask("m", "").statusCode() == 200);
    assertNobodyStalls("database, back again");
  }
}
