package dev.tollgate.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tollgate.gateway.cli.Jar.Started;
import dev.tollgate.gateway.cli.ProcessView.Figures;
import dev.tollgate.gateway.testkit.BookkeepingUpstream;
import dev.tollgate.gateway.testkit.BookkeepingUpstream.Model;
import dev.tollgate.gateway.testkit.BooksView;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Phaser;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The packaged server under everything at once: what it takes of the machine must not grow, and at
 * the end its books must be right. {@code -Dtollgate-test.soak} says for how long, such as {@code
 * 10m}; {@code -Dtollgate-test.seed} repeats the choices of a run, though not their order in time.
 */
@Tag("soak")
@Timeout(value = 3, unit = TimeUnit.HOURS)
class SoakIT {
  private static final Duration LENGTH =
      Duration.parse("PT" + System.getProperty("tollgate-test.soak", "12s"));
  private static final long SEED = Long.getLong("tollgate-test.seed", System.nanoTime());
  private static final int CLIENTS = 12;
  private static final int ROUNDS = 4;

  // What may be more at the end than after the first round. The caches are full of what was asked
  // for; a leak of 100 bytes a request would be 10 MB in ten minutes. Pools and connections come
  // and
  // go with what happens at once; a thread or a file for each of the aborts would be thousands.
  private static final long MORE_LIVE_BYTES = 6 << 20;
  private static final int MORE_THREADS = 30;
  private static final int MORE_FILES = 3 * CLIENTS;

  @TempDir Path directory;

  @Test
  void nothingGrowsAndTheBooksAreRight() throws Exception {
    System.out.println("SoakIT: -Dtollgate-test.seed=" + SEED + ", " + LENGTH);
    ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
    try (BookkeepingUpstream upstream = new BookkeepingUpstream()) {
      upstream.price(new Model(SoakTraffic.MODEL, "0.00000012", "0.00000048", 8192, 1000));
      Deployment site = Deployment.onSqlite(directory, upstream.baseUrl());
      site.jar().withOption("-Xmx256m");
      try (Started server = site.serve();
          BooksView books = new BooksView(Deployment.sqlite(directory))) {
        SoakTraffic traffic = new SoakTraffic(server, site.key());
        Map<String, Figures> figures = new LinkedHashMap<>();
        Random random = new Random(SEED);
        for (int round = 0; round <= ROUNDS; round++) {
          // The first one warms up: pools fill, classes are loaded.
          Duration length = LENGTH.dividedBy(ROUNDS + 1);
          load(traffic, random, clients, length);
          await().atMost(Duration.ofSeconds(60)).until(() -> books.unsettled() == 0);
          figures.put(round == 0 ? "warm" : round + "/" + ROUNDS, settled(server));
          assertThat(traffic.surprises()).isEmpty();
        }
        Reckoning reckoning = Reckoning.of(books, upstream);
        print(figures, traffic, reckoning);
        assertThat(traffic.putOff()).as(server.log()).isLessThanOrEqualTo(asked(traffic) / 100);
        assertFlat(new ArrayList<>(figures.values()));
        assertThat(traffic.counts().values()).allMatch(count -> count.get() > 0);
        assertThat(reckoning.exact()).isPositive();
        assertThat(upstream.failures()).isEmpty();
        assertThat(site.booksAddUp()).isTrue();
        assertThat(server.terminate()).isZero();
      }
    } finally {
      clients.shutdownNow();
    }
  }

  private static int asked(SoakTraffic traffic) {
    return traffic.counts().values().stream().mapToInt(AtomicInteger::get).sum();
  }

  /** All clients at work for so long; then all have ended. */
  private static void load(
      SoakTraffic traffic, Random random, ExecutorService clients, Duration length)
      throws InterruptedException, TimeoutException {
    long end = System.nanoTime() + length.toNanos();
    Phaser working = new Phaser(1);
    for (int i = 0; i < CLIENTS; i++) {
      Random choices = new Random(random.nextLong());
      working.register();
      clients.execute(
          () -> {
            try {
              while (System.nanoTime() - end < 0) {
                traffic.ask(choices);
              }
            } catch (InterruptedException e) {
              // The test is over.
            } finally {
              working.arriveAndDeregister();
            }
          });
    }
    working.awaitAdvanceInterruptibly(working.arrive(), length.toSeconds() + 60, TimeUnit.SECONDS);
  }

  /** What it takes once what the last clients left behind is gone, too. */
  private static Figures settled(Started server) throws Exception {
    AtomicReference<Figures> seen = new AtomicReference<>(server.view().figures());
    await()
        .pollInterval(Duration.ofMillis(300))
        .atMost(Duration.ofSeconds(30))
        .until(
            () -> {
              Figures now = server.view().figures();
              Figures before = seen.getAndSet(now);
              return now.files() >= before.files() && now.threads() >= before.threads();
            });
    return seen.get();
  }

  private static void assertFlat(List<Figures> figures) {
    Figures warm = figures.get(0);
    Figures last = figures.get(figures.size() - 1);
    assertThat(last.liveBytes()).isLessThan(warm.liveBytes() + MORE_LIVE_BYTES);
    // The container's pool has found its size a little later than all else.
    assertThat(last.threads()).isLessThanOrEqualTo(figures.get(1).threads() + MORE_THREADS);
    assertThat(last.files()).isLessThanOrEqualTo(warm.files() + MORE_FILES);
  }

  private static void print(
      Map<String, Figures> figures, SoakTraffic traffic, Reckoning reckoning) {
    System.out.println("SoakIT:  round   live MB  resident MB  threads  files");
    figures.forEach(
        (round, each) ->
            System.out.printf(
                "SoakIT: %6s  %8.1f  %11.1f  %7d  %5d%n",
                round,
                each.liveMegabytes(),
                each.residentMegabytes(),
                each.threads(),
                each.files()));
    System.out.println("SoakIT: " + traffic.counts() + ", put off: " + traffic.putOff());
    System.out.println("SoakIT: " + reckoning);
  }
}
