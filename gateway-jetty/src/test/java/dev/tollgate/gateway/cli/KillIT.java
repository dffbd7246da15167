package dev.tollgate.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tollgate.gateway.cli.Jar.Started;
import dev.tollgate.gateway.jdbc.DatabaseOptions;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.testkit.BookkeepingUpstream;
import dev.tollgate.gateway.testkit.BookkeepingUpstream.Model;
import dev.tollgate.gateway.testkit.BooksView;
import dev.tollgate.gateway.testkit.MoneyClient;
import dev.tollgate.gateway.testkit.Postgres;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The packaged server is killed by {@code SIGKILL} at random moments under load, started again and
 * again, and at last left in peace: then the books must say of every request what the upstream's
 * say. {@code -Dtollgate-test.kills} says how often, on both databases together; {@code
 * -Dtollgate-test.seed} repeats the choices of a run, though not its timing.
 */
@Timeout(value = 60, unit = TimeUnit.MINUTES)
class KillIT {
  private static final int KILLS = Integer.getInteger("tollgate-test.kills", 3);
  private static final long SEED = Long.getLong("tollgate-test.seed", System.nanoTime());
  private static final String MASTER_KEY = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
  private static final String MODEL = "test/model";
  private static final int CLIENTS = 12;
  private static final int MIN_REQUESTS = 3 * CLIENTS;
  private static final String CREDIT = "1000.00";

  @TempDir Path directory;
  private final Random random = new Random(SEED);
  private final AtomicInteger names = new AtomicInteger();
  private BookkeepingUpstream upstream;

  @BeforeEach
  void start() {
    upstream = new BookkeepingUpstream();
    upstream.price(new Model(MODEL, "0.00000012", "0.00000048", 8192, 1000));
    upstream.hideGenerations(1);
  }

  @AfterEach
  void stop() throws Exception {
    upstream.close();
  }

  @Test
  void nothingIsLostOrChargedTwiceOnSqlite() throws Exception {
    killOverAndOver("jdbc:sqlite:" + directory.resolve("tollgate.db"), (KILLS + 1) / 2);
  }

  @Test
  void nothingIsLostOrChargedTwiceOnPostgres() throws Exception {
    DatabaseOptions database = Postgres.newDatabase();
    killOverAndOver(database.url(), KILLS / 2);
  }

  private Jar jar(String url) {
    Jar jar =
        new Jar(directory)
            .with("tollgate.database.url", url)
            .with("tollgate.master.key", MASTER_KEY)
            .with("tollgate.upstream.url", upstream.baseUrl().toString())
            .with("tollgate.upstream.key", "sk-or-v1-test")
            .with("tollgate.http.port", "0")
            .with("tollgate.lease.ttl", "2s")
            .with("tollgate.settle.first-delay", "100ms")
            .with("tollgate.settle.max-delay", "500ms");
    return url.startsWith("jdbc:postgresql:")
        ? jar.with("tollgate.database.user", "postgres")
        : jar;
  }

  /** On SQLite, each other server makes its holds wait for the disk. */
  private static Jar durable(Jar jar, String url, int turn) {
    return url.startsWith("jdbc:sqlite:") && turn % 2 == 1
        ? jar.with("tollgate.hold.durability", "power")
        : jar;
  }

  private void killOverAndOver(String url, int kills) throws Exception {
    System.out.println("KillIT: -Dtollgate-test.seed=" + SEED + ", " + kills + " kills, " + url);
    String created = jar(url).run("project", "create", "shop", "--balance", CREDIT, "--json").out();
    String key = created.replaceAll("(?s).*\"api_key\":\"([^\"]+)\".*", "$1");
    for (int i = 0; i < kills; i++) {
      try (Started server = durable(jar(url), url, i).start("Tollgate is listening", "serve")) {
        loadAndKill(server, key);
      }
    }
    try (Started server = jar(url).start("Tollgate is listening", "serve");
        BooksView books = new BooksView(url)) {
      await().atMost(Duration.ofSeconds(60)).until(() -> books.unsettled() == 0);
      Reckoning reckoning = Reckoning.of(books, upstream);
      System.out.println("KillIT: " + reckoning);
      assertThat(reckoning.exact()).isPositive();
      assertThat(books.number("SELECT credits_nanos - charges_nanos FROM project"))
          .isEqualTo(Money.parse(CREDIT).nanos() - reckoning.chargedNanos());
      assertThat(jar(url).run("check").exit()).isZero();
      assertThat(server.terminate()).isZero();
    }
  }

  private void loadAndKill(Started server, String key) throws Exception {
    MoneyClient client =
        new MoneyClient(
            URI.create(
                "http://127.0.0.1:" + server.port() + "/api/v1/chat/completions?project_name=shop"),
            key);
    AtomicBoolean dead = new AtomicBoolean();
    int before = upstream.dispatched();
    ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
    for (int i = 0; i < CLIENTS; i++) {
      long seed = random.nextLong();
      clients.execute(() -> ask(client, new Random(seed), dead));
    }
    // Once some answers are whole, any moment is as good as any other.
    await()
        .pollInterval(Duration.ofMillis(2))
        .atMost(Duration.ofSeconds(60))
        .until(() -> upstream.dispatched() > before + MIN_REQUESTS);
    int wanted = random.nextInt(400);
    long end = System.nanoTime() + Duration.ofMillis(random.nextInt(1500)).toNanos();
    await()
        .pollInterval(Duration.ofMillis(2))
        .atMost(Duration.ofSeconds(10))
        .until(() -> upstream.dispatched() > before + wanted || System.nanoTime() - end > 0);
    server.process().destroyForcibly();
    assertThat(server.process().waitFor(10, TimeUnit.SECONDS)).isTrue();
    dead.set(true);
    clients.shutdownNow();
    assertThat(clients.awaitTermination(40, TimeUnit.SECONDS)).isTrue();
  }

  private void ask(MoneyClient client, Random choices, AtomicBoolean dead) {
    while (!dead.get()) {
      String name = "request-" + names.incrementAndGet();
      try {
        client.ask(MODEL, wishes(choices, name), "Idempotency-Key", name);
      } catch (IOException e) {
        // Broken off by the upstream, as wished, or by the kill.
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private static String wishes(Random choices, String name) {
    List<String> wishes = new ArrayList<>();
    wishes.add("\"x_name\":\"" + name + "\"");
    int events = choices.nextInt(30);
    wishes.add("\"x_events\":" + events);
    wishes.add("\"x_pause_ms\":" + choices.nextInt(8));
    if (choices.nextInt(3) > 0) {
      wishes.add("\"stream\":true");
    }
    switch (choices.nextInt(12)) {
      case 0 -> wishes.add("\"x_break_after\":" + choices.nextInt(events + 1));
      case 1 -> wishes.add("\"x_status\":503");
      case 2 -> wishes.add("\"x_no_usage\":true");
      case 3 -> wishes.add("\"x_no_id\":true");
      default -> {}
    }
    return String.join(",", wishes);
  }
}
