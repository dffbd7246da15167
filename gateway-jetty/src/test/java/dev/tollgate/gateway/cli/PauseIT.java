package dev.tollgate.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tollgate.gateway.cli.Jar.Started;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.testkit.BookkeepingUpstream;
import dev.tollgate.gateway.testkit.BookkeepingUpstream.Model;
import dev.tollgate.gateway.testkit.BooksView;
import dev.tollgate.gateway.testkit.BooksView.Line;
import dev.tollgate.gateway.testkit.MoneyClient;
import dev.tollgate.gateway.testkit.Postgres;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two nodes on one PostgreSQL; one is made to stand still by {@code SIGSTOP}, for longer than its
 * lease, and goes on. {@code -Dtollgate-test.pause} says for how many seconds.
 */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class PauseIT {
  private static final int SECONDS = Integer.getInteger("tollgate-test.pause", 6);
  private static final String MASTER_KEY = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
  private static final String MODEL = "test/model";
  private static final int REQUESTS = 12;

  @TempDir Path directory;

  private static void signal(Started server, String name) throws Exception {
    Process kill =
        new ProcessBuilder("kill", name, Long.toString(server.process().pid())).inheritIO().start();
    assertThat(kill.waitFor()).isZero();
  }

  private static MoneyClient client(Started server, String key) {
    return new MoneyClient(
        URI.create(
            "http://127.0.0.1:" + server.port() + "/api/v1/chat/completions?project_name=shop"),
        key);
  }

  @Test
  void aNodeThatStandsStillForLongerThanItsLeaseChargesNothingTwice() throws Exception {
    String url = Postgres.newDatabase().url();
    try (BookkeepingUpstream upstream = new BookkeepingUpstream()) {
      upstream.price(new Model(MODEL, "0.00000012", "0.00000048", 8192, 1000));
      Jar jar =
          new Jar(directory)
              .with("tollgate.database.url", url)
              .with("tollgate.database.user", "postgres")
              .with("tollgate.master.key", MASTER_KEY)
              .with("tollgate.upstream.url", upstream.baseUrl().toString())
              .with("tollgate.upstream.key", "sk-or-v1-test")
              .with("tollgate.http.port", "0")
              .with("tollgate.lease.ttl", "2s")
              .with("tollgate.settle.first-delay", "100ms");
      String created = jar.run("project", "create", "shop", "--balance", "1000.00", "--json").out();
      String key = created.replaceAll("(?s).*\"api_key\":\"([^\"]+)\".*", "$1");
      ExecutorService clients = Executors.newFixedThreadPool(REQUESTS);
      try (Started paused = jar.start("Tollgate is listening", "serve");
          Started other = jar.start("Tollgate is listening", "serve");
          BooksView books = new BooksView(url)) {
        for (int i = 0; i < REQUESTS; i++) {
          String wishes =
              i % 3 == 0
                  ? "\"x_pause_ms\":1500"
                  : "\"stream\":true,\"x_pause_ms\":50,\"x_events\":" + 10 * (i + 1);
          clients.submit(() -> client(paused, key).ask(MODEL, wishes));
        }
        // All are on their way, the streams with their ids written down.
        await()
            .atMost(Duration.ofSeconds(20))
            .until(
                () ->
                    upstream.dispatched() == REQUESTS
                        && books.number("SELECT count(*) FROM hold WHERE generation_id IS NOT NULL")
                            >= REQUESTS * 2 / 3);
        signal(paused, "-STOP");
        long stopped = System.nanoTime();
        // The other one takes over, and settles.
        await()
            .atMost(Duration.ofSeconds(SECONDS + 30))
            .until(
                () ->
                    books.unsettled() == 0
                        && System.nanoTime() - stopped > TimeUnit.SECONDS.toNanos(SECONDS));
        signal(paused, "-CONT");
        clients.shutdown();
        assertThat(clients.awaitTermination(40, TimeUnit.SECONDS)).isTrue();
        // It is well again, and says what it has to say before it ends.
        await()
            .atMost(Duration.ofSeconds(20))
            .until(() -> client(paused, key).ask(MODEL, "").statusCode() == 200);
        assertThat(paused.terminate()).isZero();

        compare(books, upstream);
        assertThat(client(other, key).ask(MODEL, "").statusCode()).isEqualTo(200);
        assertThat(jar.run("check").exit()).isZero();
      } finally {
        clients.shutdownNow();
      }
      assertThat(upstream.failures()).isEmpty();
    }
  }

  private static void compare(BooksView books, BookkeepingUpstream upstream) throws Exception {
    assertThat(books.broken()).isEmpty();
    assertThat(books.unsettled()).isZero();
    Map<String, Long> charged = new HashMap<>();
    int unresolved = 0;
    for (Line charge : books.charges()) {
      if (charge.flags().equals("unresolved")) {
        unresolved++;
      } else {
        assertThat(charged.put(charge.generationId(), charge.amountNanos())).isNull();
      }
    }
    // What had no id when the node stood still can never be known; all else is exact.
    assertThat(unresolved).isLessThanOrEqualTo(REQUESTS / 3);
    assertThat(charged).hasSize(upstream.books().size() - unresolved);
    charged.forEach(
        (generation, nanos) ->
            assertThat(nanos).isEqualTo(Money.ceiling(upstream.books().get(generation)).nanos()));
  }
}
