package dev.tollgate.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.cli.Bystander.Times;
import dev.tollgate.gateway.cli.Jar.Started;
import dev.tollgate.gateway.cli.ProcessView.Figures;
import dev.tollgate.gateway.testkit.Postgres;
import dev.tollgate.gateway.testkit.RawClient;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Somebody guesses keys, each time another one, on a node in front of PostgreSQL. */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class WrongKeysIT {
  private static final int CLIENTS = 8;
  private static final long MORE_LIVE_BYTES = 8 << 20;
  // The cache of unknown keys has a bound; when it is full, it stays so.
  private static final int FILL = 12_000;

  @TempDir Path directory;

  @Test
  void guessingMakesNothingGrow() throws Exception {
    guess(8_000, Double.MAX_VALUE);
  }

  /** The same for longer, with an eye on the clock. */
  @Test
  @Tag("stress")
  void guessingSlowsNobodyElseDown() throws Exception {
    guess(100_000, 4);
  }

  /**
   * @param slower how many times as long a right key's request may take meanwhile
   */
  private void guess(int guesses, double slower) throws Exception {
    try (ScriptedUpstream upstream = new ScriptedUpstream()) {
      upstream.script(
          (request, connection) -> {
            upstream.forget();
            connection.write(ScriptedUpstream.json(200, "{\"usage\":{\"cost\":0.000001}}"));
          });
      Deployment site = new Deployment(directory, Postgres.newDatabase().url(), upstream.baseUrl());
      site.jar().withOption("-Xmx128m");
      try (Started server = site.serve()) {
        guessInParallel(server, 0, FILL);
        Bystander right = new Bystander(server, site.key(), "{}");
        Awaitility.await()
            .atMost(Duration.ofSeconds(60))
            .until(() -> right.asked() >= (slower < Double.MAX_VALUE ? 500 : 20));
        Figures before = server.view().figures();
        Times alone = right.times();

        long start = System.nanoTime();
        double cpu = server.view().cpuSeconds();
        guessInParallel(server, FILL, guesses);
        double seconds = (System.nanoTime() - start) / 1e9;
        cpu = server.view().cpuSeconds() - cpu;
        Times meanwhile = right.stop();
        Figures after = server.view().figures();

        System.out.printf(
            "WrongKeysIT: %d guesses in %.1f s, %.0f us of CPU each (others' included)%n",
            guesses, seconds, cpu * 1e6 / guesses);
        System.out.println("WrongKeysIT: right key alone:     " + alone);
        System.out.println("WrongKeysIT: right key meanwhile: " + meanwhile);
        System.out.println("WrongKeysIT: " + before + " -> " + after);
        assertThat(right.failures()).isEmpty();
        assertThat(meanwhile.millis(0.5)).isLessThan(slower * Math.max(1, alone.millis(0.5)));
        assertThat(after.liveBytes()).isLessThan(before.liveBytes() + MORE_LIVE_BYTES);
        assertThat(after.threads()).isLessThan(before.threads() + 20);
        assertThat(server.terminate()).isZero();
      }
    }
  }

  private static void guessInParallel(Started server, int first, int guesses) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(CLIENTS);
    AtomicInteger next = new AtomicInteger(first);
    try {
      List<Future<?>> done = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        done.add(
            threads.submit(
                () -> {
                  try (RawClient client = new RawClient(server.port())) {
                    for (int n = next.getAndIncrement();
                        n < first + guesses;
                        n = next.getAndIncrement()) {
                      client.send(
                          "GET /api/v1/models HTTP/1.1\r\nHost: x\r\nX-API-Key: tg_%08d_%043d\r\n\r\n"
                              .formatted(n, n));
                      String head = client.readHead();
                      assertThat(head).startsWith("HTTP/1.1 401");
                      client.readBody(head);
                    }
                  }
                  return null;
                }));
      }
      for (Future<?> each : done) {
        each.get();
      }
    } finally {
      threads.shutdownNow();
    }
  }
}
