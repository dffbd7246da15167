package dev.tollgate.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tollgate.gateway.cli.Jar.Started;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.testkit.BookkeepingUpstream;
import dev.tollgate.gateway.testkit.BookkeepingUpstream.Model;
import dev.tollgate.gateway.testkit.BooksView;
import dev.tollgate.gateway.testkit.Postgres;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two nodes on one PostgreSQL are replaced one after the other, under load, behind a balancer that
 * sends to whoever is ready. {@code -Dtollgate-test.restarts} says how often, both together.
 */
@Timeout(value = 60, unit = TimeUnit.MINUTES)
class RollingRestartIT {
  private static final int RESTARTS = Integer.getInteger("tollgate-test.restarts", 2);
  private static final long SEED = Long.getLong("tollgate-test.seed", System.nanoTime());
  private static final String MODEL = "test/model";
  private static final int CLIENTS = 8;
  private static final Duration PROBE_INTERVAL = Duration.ofMillis(50);
  private static final String DRAIN_DELAY = "3s";
  private static final String DRAIN_TIMEOUT = "1500ms";
  // Far longer than a node may take to drain.
  private static final String LONG_STREAM = "\"stream\":true,\"x_pause_ms\":50,\"x_events\":800";

  @TempDir Path directory;
  private final Random random = new Random(SEED);
  private final HttpClient probes = HttpClient.newHttpClient();
  // Those that are there, and of those the ones that said of late that they are ready.
  private final List<Started> nodes = new CopyOnWriteArrayList<>();
  private volatile List<Started> ready = List.of();
  private final AtomicInteger names = new AtomicInteger();
  private final AtomicInteger complete = new AtomicInteger();
  private final Queue<String> lost = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean over = new AtomicBoolean();

  @Test
  void noRequestAndNoNanoIsLost() throws Exception {
    System.out.println("RollingRestartIT: -Dtollgate-test.seed=" + SEED);
    String url = Postgres.newDatabase().url();
    ExecutorService threads = Executors.newCachedThreadPool();
    try (BookkeepingUpstream upstream = new BookkeepingUpstream();
        BooksView books = new BooksView(url)) {
      upstream.price(new Model(MODEL, "0.00000012", "0.00000048", 8192, 1000));
      Deployment site = new Deployment(directory, url, upstream.baseUrl());
      site.jar()
          .with("tollgate.drain.delay", DRAIN_DELAY)
          .with("tollgate.drain.timeout", DRAIN_TIMEOUT);
      nodes.add(site.serve());
      nodes.add(site.serve());
      threads.execute(this::probe);
      await().atMost(Duration.ofSeconds(10)).until(() -> ready.size() == 2);
      for (int i = 0; i < CLIENTS; i++) {
        Random choices = new Random(random.nextLong());
        threads.execute(() -> ask(site, choices));
      }
      for (int i = 0; i < RESTARTS; i++) {
        replaceTheOldest(site, upstream, threads);
      }
      over.set(true);
      threads.shutdown();
      assertThat(threads.awaitTermination(40, TimeUnit.SECONDS)).isTrue();

      assertThat(lost).isEmpty();
      await().atMost(Duration.ofSeconds(30)).until(() -> books.unsettled() == 0);
      Reckoning reckoning = Reckoning.of(books, upstream);
      System.out.println("RollingRestartIT: " + complete + " answered whole, " + reckoning);
      assertThat(reckoning.dispatched()).isEqualTo(complete.get() + RESTARTS);
      assertThat(reckoning.exact()).isEqualTo(reckoning.dispatched());
      assertThat(reckoning.undispatched()).isZero();
      assertThat(books.number("SELECT credits_nanos - charges_nanos FROM project"))
          .isEqualTo(Money.parse(Deployment.CREDIT).nanos() - reckoning.chargedNanos());
      assertThat(site.booksAddUp()).isTrue();
      assertThat(upstream.failures()).isEmpty();
      for (Started node : nodes) {
        assertThat(node.terminate()).isZero();
      }
    } finally {
      over.set(true);
      threads.shutdownNow();
      nodes.forEach(Started::close);
    }
  }

  /** One node is told to end, with a stream on it that would take too long, and one is started. */
  private void replaceTheOldest(
      Deployment site, BookkeepingUpstream upstream, ExecutorService threads) throws Exception {
    Started old = nodes.get(0);
    String name = "long-" + names.incrementAndGet();
    Future<HttpResponse<String>> cut =
        threads.submit(
            () ->
                site.client(old)
                    .ask(
                        MODEL,
                        LONG_STREAM + ",\"x_name\":\"" + name + "\"",
                        "Idempotency-Key",
                        name));
    await().until(() -> upstream.names().containsKey(name));
    int before = complete.get();
    assertThat(old.terminate()).isZero();
    assertThat(cut)
        .failsWithin(Duration.ofSeconds(5))
        .withThrowableThat()
        .havingCause()
        .isInstanceOf(IOException.class);
    assertThat(complete.get()).as("the others went on").isGreaterThan(before);
    nodes.remove(old);
    nodes.add(site.serve());
    await()
        .atMost(Duration.ofSeconds(10))
        .until(() -> ready.containsAll(nodes) && ready.size() == nodes.size());
  }

  // The balancer, and whoever is behind it.

  private void probe() {
    while (!over.get()) {
      List<Started> found = new ArrayList<>();
      for (Started node : nodes) {
        if (isReady(node)) {
          found.add(node);
        }
      }
      if (!found.isEmpty()) {
        ready = found;
      }
      try {
        Thread.sleep(PROBE_INTERVAL.toMillis());
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private boolean isReady(Started node) {
    HttpRequest probe =
        HttpRequest.newBuilder(Deployment.uri(node, "/health/ready"))
            .timeout(Duration.ofSeconds(1))
            .build();
    try {
      return probes.send(probe, BodyHandlers.discarding()).statusCode() == 200;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private void ask(Deployment site, Random choices) {
    while (!over.get()) {
      List<Started> open = ready;
      Started node = open.get(choices.nextInt(open.size()));
      String name = "request-" + names.incrementAndGet();
      boolean stream = choices.nextBoolean();
      String wishes =
          "\"x_name\":\""
              + name
              + "\",\"x_events\":"
              + choices.nextInt(30)
              + ",\"x_pause_ms\":"
              + choices.nextInt(20)
              + ",\"stream\":"
              + stream;
      try {
        HttpResponse<String> answer = site.client(node).ask(MODEL, wishes, "Idempotency-Key", name);
        boolean whole =
            answer.statusCode() == 200 && answer.body().endsWith(stream ? "data: [DONE]\n\n" : "}");
        if (whole) {
          complete.incrementAndGet();
        } else {
          lost.add(name + ": " + answer.statusCode() + " " + answer.body());
        }
      } catch (IOException e) {
        lost.add(name + ": " + e);
      } catch (InterruptedException e) {
        return;
      }
    }
  }
}
