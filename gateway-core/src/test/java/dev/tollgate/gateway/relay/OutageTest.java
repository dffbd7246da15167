package dev.tollgate.gateway.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tollgate.gateway.testkit.BookkeepingUpstream;
import dev.tollgate.gateway.testkit.BookkeepingUpstream.Model;
import dev.tollgate.gateway.testkit.BooksView;
import dev.tollgate.gateway.testkit.BooksView.Line;
import dev.tollgate.gateway.testkit.MoneyClient;
import dev.tollgate.gateway.testkit.Postgres;
import dev.tollgate.gateway.testkit.RawClient;
import dev.tollgate.gateway.testkit.RunningGateway;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The database is away for a while: {@code -Dtollgate-test.outage} says for how many seconds. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class OutageTest {
  private static final int SECONDS = Integer.getInteger("tollgate-test.outage", 5);
  private static final String MODEL = "test/model";

  @TempDir Path directory;
  private final BookkeepingUpstream upstream = new BookkeepingUpstream();
  private RunningGateway gateway;
  private MoneyClient client;

  private interface Step {
    void take() throws Exception;
  }

  private void start(Map<String, String> settings) throws Exception {
    upstream.price(new Model(MODEL, "0.00000012", "0.00000048", 8192, 1000));
    Map<String, String> all = new HashMap<>(settings);
    all.put("tollgate.settle.first-delay", "100ms");
    gateway = RunningGateway.start(directory, upstream.baseUrl(), all, 30_000);
    client = new MoneyClient(gateway.chat(), gateway.key());
    await().atMost(Duration.ofSeconds(10)).until(() -> upstream.priceListsRead() > 0);
  }

  @AfterEach
  void stop() throws Exception {
    gateway.close();
    upstream.close();
    assertThat(upstream.failures()).isEmpty();
  }

  private HttpResponse<String> ready() throws Exception {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(gateway.uri("/health/ready")).build(), BodyHandlers.ofString());
  }

  /** Streams run on to their end, new requests are refused, and nothing is lost. */
  private void survives(String url, Step goAway, Step comeBack) throws Exception {
    assertThat(ready().statusCode()).isEqualTo(200);
    int events = SECONDS * 20;
    String body =
        "{\"model\":\""
            + MODEL
            + "\",\"stream\":true,\"x_pause_ms\":100,\"x_events\":"
            + events / 4
            + "}";
    try (RawClient stream = new RawClient(gateway.port())) {
      stream.send(gateway.chatHead("Content-Length: " + body.length()) + body).readUntil("w ");
      long start = System.nanoTime();
      goAway.take();

      HttpResponse<String> refused = client.ask(MODEL, "");
      assertThat(refused.statusCode()).isEqualTo(503);
      assertThat(refused.headers().firstValue("retry-after")).isPresent();
      assertThat(refused.body()).contains("Service temporarily unavailable");
      await()
          .atMost(Duration.ofSeconds(10))
          .untilAsserted(
              () -> {
                assertThat(ready().statusCode()).isEqualTo(503);
                assertThat(ready().body()).isEqualTo("store unavailable\n");
              });
      stream.readUntil("data: [DONE]\n\n");
      // The end is given although nothing could be written down.
      stream.readUntil("0\r\n\r\n");
      await()
          .atMost(Duration.ofMinutes(3))
          .until(() -> System.nanoTime() - start > Duration.ofSeconds(SECONDS).toNanos());
      comeBack.take();
    }

    await().atMost(Duration.ofSeconds(30)).until(() -> ready().statusCode() == 200);
    await().atMost(Duration.ofSeconds(30)).until(() -> client.ask(MODEL, "").statusCode() == 200);
    try (BooksView books = new BooksView(url)) {
      await().atMost(Duration.ofSeconds(30)).until(() -> books.unsettled() == 0);
      assertThat(books.broken()).isEmpty();
      assertThat(books.charges()).extracting(Line::flags).containsOnly("");
      assertThat(books.charges())
          .extracting(Line::generationId)
          .containsExactlyInAnyOrderElementsOf(upstream.books().keySet());
    }
  }

  @Test
  void aPostgresThatIsStoppedLosesNothing() throws Exception {
    try (Postgres postgres = Postgres.start()) {
      String url = postgres.createDatabase().url();
      start(
          Map.of(
              "tollgate.database.url",
              url,
              "tollgate.database.user",
              "postgres",
              "tollgate.master.key",
              "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="));
      survives(url, postgres::stop, postgres::restart);
    }
  }

  @Test
  void aSqliteFileThatIsLockedLosesNothingAndHoldsUpNoInputOutputThread() throws Exception {
    start(Map.of());
    String url = "jdbc:sqlite:" + directory.resolve("tollgate.db");
    Set<String> inTheDatabase = ConcurrentHashMap.newKeySet();
    AtomicBoolean done = new AtomicBoolean();
    Thread watch =
        new Thread(
            () -> {
              while (!done.get()) {
                noteThreadsIn("org.sqlite.", inTheDatabase);
              }
            });
    try (Connection other = DriverManager.getConnection(url);
        Statement statement = other.createStatement()) {
      // Whoever writes now stands still in the driver, for everybody to see.
      survives(
          url,
          () -> {
            statement.execute("BEGIN IMMEDIATE");
            watch.start();
          },
          () -> {
            done.set(true);
            watch.join();
            statement.execute("ROLLBACK");
          });
    }

    assertThat(inTheDatabase).contains("tollgate-ledger");
    assertThat(inTheDatabase)
        .allMatch(
            thread ->
                Set.of("tollgate-ledger", "tollgate-lease", "tollgate-reconciler", "tollgate-poll")
                        .contains(thread)
                    // The pool's own.
                    || thread.startsWith("tollgate-database:")
                    // A filter that reads: one of the container's workers.
                    || thread.startsWith("qtp"));
  }

  private static void noteThreadsIn(String packagePrefix, Set<String> names) {
    Thread.getAllStackTraces()
        .forEach(
            (thread, stack) -> {
              for (StackTraceElement frame : stack) {
                // The test itself looks into the database, too.
                if (frame.getClassName().startsWith(packagePrefix)
                    && !thread.getName().startsWith("junit")
                    && !thread.getName().equals("main")) {
                  names.add(thread.getName());
                }
              }
            });
  }
}
