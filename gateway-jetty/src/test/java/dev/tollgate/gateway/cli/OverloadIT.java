package dev.tollgate.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.cli.Jar.Started;
import dev.tollgate.gateway.testkit.RawClient;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Three times what can be done. Wants a machine with nothing else to do. */
@Tag("stress")
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class OverloadIT {
  private static final double KEPT = 0.9;
  private static final int CONNECTIONS = 20;
  private static final int THINKING_MILLIS = 100;
  private static final int CAPACITY = CONNECTIONS * 1000 / THINKING_MILLIS;
  private static final Duration LENGTH = Duration.ofSeconds(8);
  private static final String GOOD = "{\"id\":\"gen-1\",\"usage\":{\"cost\":0.000001}}";

  @TempDir Path directory;
  private final ScriptedUpstream upstream = new ScriptedUpstream();
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private volatile int thinkingMillis;
  private Deployment site;

  @BeforeEach
  void start() throws Exception {
    upstream.script(
        (request, connection) -> {
          upstream.forget();
          Thread.sleep(thinkingMillis);
          connection.write(ScriptedUpstream.json(200, GOOD));
        });
    site = Deployment.onSqlite(directory, upstream.baseUrl());
  }

  @AfterEach
  void stop() throws Exception {
    upstream.close();
  }

  // What the upstream can do is the limit; requests come whether or not others were answered.

  /** What became of those that came within a while. */
  private record Arrivals(int asked, int good, List<Long> refusedNanos, double goodPerSecond) {
    double refusedMillis(double quantile) {
      return refusedNanos.isEmpty()
          ? 0
          : refusedNanos.get((int) ((refusedNanos.size() - 1) * quantile)) / 1e6;
    }

    @Override
    public String toString() {
      return "%d asked, %.0f good a second, %d refused, half of them within %.1f ms, 99%% %.1f ms"
          .formatted(
              asked, goodPerSecond, refusedNanos.size(), refusedMillis(0.5), refusedMillis(0.99));
    }
  }

  private Arrivals arrive(Started server, double perSecond) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(Deployment.uri(server, "/api/v1/chat/completions?project_name=shop"))
            .timeout(Duration.ofSeconds(30))
            .header("X-API-Key", site.key())
            .POST(BodyPublishers.ofString("{}"))
            .build();
    AtomicInteger good = new AtomicInteger();
    ConcurrentLinkedQueue<Long> refused = new ConcurrentLinkedQueue<>();
    ConcurrentLinkedQueue<String> surprises = new ConcurrentLinkedQueue<>();
    List<CompletableFuture<?>> open = new ArrayList<>();
    long start = System.nanoTime();
    int asked = (int) (perSecond * LENGTH.toMillis() / 1000);
    for (int i = 0; i < asked; i++) {
      TimeUnit.NANOSECONDS.sleep(start + (long) (i * 1e9 / perSecond) - System.nanoTime());
      long sent = System.nanoTime();
      open.add(
          http.sendAsync(request, BodyHandlers.ofString())
              .thenAccept(
                  answer -> {
                    if (answer.statusCode() == 200) {
                      good.incrementAndGet();
                    } else if (isHonest(answer)) {
                      refused.add(System.nanoTime() - sent);
                    } else {
                      surprises.add(answer.statusCode() + " " + answer.headers().map());
                    }
                  }));
    }
    CompletableFuture.allOf(open.toArray(new CompletableFuture<?>[0])).get(60, TimeUnit.SECONDS);
    double seconds = (System.nanoTime() - start) / 1e9;
    assertThat(surprises).isEmpty();
    List<Long> sorted = new ArrayList<>(refused);
    Collections.sort(sorted);
    return new Arrivals(asked, good.get(), sorted, good.get() / seconds);
  }

  private static boolean isHonest(HttpResponse<String> answer) {
    return (answer.statusCode() == 503 || answer.statusCode() == 429)
        && answer.headers().firstValue("Retry-After").isPresent();
  }

  @Test
  void whatIsTooMuchForTheUpstreamIsRefusedAndTheRestIsDone() throws Exception {
    thinkingMillis = THINKING_MILLIS;
    site.jar()
        .with("tollgate.upstream.max-connections", Integer.toString(CONNECTIONS))
        .with("tollgate.upstream.max-queued", Integer.toString(CONNECTIONS));
    try (Started server = site.serve()) {
      arrive(server, CAPACITY * 0.5);
      Arrivals peak = arrive(server, CAPACITY);
      Arrivals over = arrive(server, CAPACITY * 3);
      Arrivals after = arrive(server, CAPACITY * 0.5);
      System.out.println("OverloadIT: at the upstream's capacity: " + peak);
      System.out.println("OverloadIT: at three times that:        " + over);
      System.out.println("OverloadIT: at half of it, at once:     " + after);
      assertThat(over.goodPerSecond()).isGreaterThan(KEPT * peak.goodPerSecond());
      assertThat(over.refusedMillis(0.99)).isLessThan(1000);
      assertThat(after.good()).isEqualTo(after.asked());
      assertThat(server.terminate()).isZero();
    }
  }

  // The processor is the limit; each client asks again when it was answered.

  private double perSecond(Started server, int clients) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(clients);
    AtomicLong answered = new AtomicLong();
    AtomicLong refused = new AtomicLong();
    long end = System.nanoTime() + LENGTH.toNanos();
    try {
      List<Future<?>> done = new ArrayList<>();
      for (int i = 0; i < clients; i++) {
        done.add(
            threads.submit(
                () -> {
                  try (RawClient client = new RawClient(server.port())) {
                    while (System.nanoTime() - end < 0) {
                      client.send(
                          "POST /api/v1/chat/completions?project_name=shop HTTP/1.1\r\nHost: x\r\n"
                              + "X-API-Key: "
                              + site.key()
                              + "\r\nContent-Length: 2\r\n\r\n{}");
                      String head = client.readHead();
                      client.readBody(head);
                      if (head.startsWith("HTTP/1.1 200")) {
                        answered.incrementAndGet();
                      } else {
                        // Whose money could not be held within two seconds.
                        assertThat(head).startsWith("HTTP/1.1 503").contains("Retry-After: ");
                        refused.incrementAndGet();
                      }
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
    if (refused.get() > 0) {
      System.out.printf("OverloadIT: %d clients: %d refused%n", clients, refused.get());
    }
    return answered.get() * 1000.0 / LENGTH.toMillis();
  }

  @Test
  void threeTimesTheClientsGetAsMuchDone() throws Exception {
    site.jar().withOption("-XX:TieredStopAtLevel=4");
    try (Started server = site.serve()) {
      perSecond(server, 32);
      int knee = 0;
      double peak = 0;
      for (int clients = 8; clients <= 64; clients *= 2) {
        double reached = perSecond(server, clients);
        System.out.printf("OverloadIT: %d clients: %.0f a second%n", clients, reached);
        if (reached > peak * 1.05) {
          knee = clients;
          peak = reached;
        }
      }
      double over = perSecond(server, 3 * knee);
      double after = perSecond(server, knee);
      System.out.printf(
          "OverloadIT: knee at %d clients, %.0f a second; with three times as many %.0f, after"
              + " that %.0f%n",
          knee, peak, over, after);
      assertThat(over).isGreaterThan(KEPT * peak);
      assertThat(after).isGreaterThan(KEPT * peak);
      assertThat(server.terminate()).isZero();
    }
  }
}
