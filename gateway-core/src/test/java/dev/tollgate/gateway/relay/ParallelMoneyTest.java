package dev.tollgate.gateway.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tollgate.gateway.Gateway;
import dev.tollgate.gateway.account.KeyMint.Minted;
import dev.tollgate.gateway.jdbc.DatabaseOptions;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.testkit.BookkeepingUpstream;
import dev.tollgate.gateway.testkit.BookkeepingUpstream.Model;
import dev.tollgate.gateway.testkit.BooksView;
import dev.tollgate.gateway.testkit.BooksView.Line;
import dev.tollgate.gateway.testkit.JettyContainer;
import dev.tollgate.gateway.testkit.MoneyClient;
import dev.tollgate.gateway.testkit.Postgres;
import dev.tollgate.gateway.testkit.RunningGateway;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two hundred requests at once on funds for ten, through one gateway and through two. */
class ParallelMoneyTest {
  private static final String MODEL = "test/model";
  private static final String MASTER_KEY = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
  private static final int REQUESTS = 200;
  private static final int AFFORDABLE = 10;

  /** The answer's 1000 tokens at most; the prompt costs nothing. */
  private static final long HOLD = 1000 * 480;

  @TempDir Path directory;
  private final BookkeepingUpstream upstream = new BookkeepingUpstream();
  private final List<AutoCloseable> open = new ArrayList<>();
  private final List<MoneyClient> clients = new ArrayList<>();
  private BooksView books;

  private void start(String url, int gateways, String mode) throws Exception {
    upstream.price(new Model(MODEL, "0", "0.00000048", 8192, 1000));
    Map<String, String> settings = new HashMap<>();
    settings.put("tollgate.database.url", url);
    settings.put("tollgate.master.key", MASTER_KEY);
    settings.put("tollgate.hold.mode", mode);
    settings.put("tollgate.settle.first-delay", "50ms");
    if (url.startsWith("jdbc:postgresql:")) {
      settings.put("tollgate.database.user", "postgres");
    }
    Minted key = null;
    for (int i = 0; i < gateways; i++) {
      Gateway gateway = RunningGateway.build(directory, upstream.baseUrl(), settings);
      open.add(gateway);
      if (key == null) {
        key = gateway.admin().createProject("shop", new Money(AFFORDABLE * HOLD), null);
      }
      JettyContainer container = new JettyContainer("/", 30_000, gateway::install);
      open.add(container);
      URI chat =
          URI.create(
              "http://127.0.0.1:"
                  + container.port()
                  + "/api/v1/chat/completions?project_name=shop");
      clients.add(new MoneyClient(chat, key.key().reveal()));
      int read = i + 1;
      await().atMost(Duration.ofSeconds(10)).until(() -> upstream.priceListsRead() >= read);
    }
    books = new BooksView(url);
  }

  @AfterEach
  void stop() throws Exception {
    assertThat(books.broken()).isEmpty();
    books.close();
    for (int i = open.size() - 1; i >= 0; i--) {
      open.get(i).close();
    }
    upstream.close();
    assertThat(upstream.failures()).isEmpty();
  }

  private String sqlite() {
    return "jdbc:sqlite:" + directory.resolve("tollgate.db");
  }

  private static String postgres() {
    DatabaseOptions database = Postgres.newDatabase();
    return database.url();
  }

  /** How many requests got which status. While they run, the balance is watched. */
  private Map<Integer, Long> askAll(String wishes, boolean mayBeNegative) throws Exception {
    AtomicBoolean done = new AtomicBoolean();
    ExecutorService threads = Executors.newFixedThreadPool(REQUESTS + 1);
    try {
      Future<Integer> watched =
          threads.submit(
              () -> {
                int looks = 0;
                while (!done.get()) {
                  long available =
                      books.number(
                          "SELECT credits_nanos - charges_nanos - held_nanos FROM project");
                  if (!mayBeNegative) {
                    assertThat(available).isNotNegative();
                  }
                  looks++;
                }
                return looks;
              });
      List<Future<Integer>> answers = new ArrayList<>();
      for (int i = 0; i < REQUESTS; i++) {
        MoneyClient client = clients.get(i % clients.size());
        answers.add(threads.submit(() -> client.ask(MODEL, wishes).statusCode()));
      }
      List<Integer> statuses = new ArrayList<>();
      for (Future<Integer> answer : answers) {
        statuses.add(answer.get(30, TimeUnit.SECONDS));
      }
      done.set(true);
      assertThat(watched.get(10, TimeUnit.SECONDS)).isPositive();
      return statuses.stream().collect(Collectors.groupingBy(s -> s, Collectors.counting()));
    } finally {
      threads.shutdownNow();
    }
  }

  private void inStrictAtMostTenAreDispatched() throws Exception {
    // They stay open long enough for all the others to come.
    Map<Integer, Long> statuses = askAll("\"metadata\":{\"x_pause_ms\":3000}", false);

    assertThat(statuses).isEqualTo(Map.of(200, (long) AFFORDABLE, 403, 190L));
    assertThat(upstream.dispatched()).isEqualTo(AFFORDABLE);
  }

  @Test
  void inStrictAtMostTenAreDispatchedOnSqlite() throws Exception {
    start(sqlite(), 1, "strict");
    inStrictAtMostTenAreDispatched();
  }

  @Test
  void inStrictAtMostTenAreDispatchedByTwoGatewaysOnOnePostgres() throws Exception {
    start(postgres(), 2, "strict");
    inStrictAtMostTenAreDispatched();
  }

  private void inStrictWhatIsAboveTheHoldIsAShortfall() throws Exception {
    // Twice what was held.
    askAll("\"metadata\":{\"x_pause_ms\":3000,\"x_cost\":\"0.00096\"}", false);

    assertThat(books.charges()).extracting(Line::amountNanos).containsOnly(HOLD);
    assertThat(books.lines("shortfall"))
        .hasSize(AFFORDABLE)
        .extracting(Line::amountNanos)
        .containsOnly(HOLD);
    assertThat(books.number("SELECT credits_nanos - charges_nanos FROM project")).isZero();
  }

  @Test
  void inStrictWhatIsAboveTheHoldIsAShortfallOnSqlite() throws Exception {
    start(sqlite(), 1, "strict");
    inStrictWhatIsAboveTheHoldIsAShortfall();
  }

  @Test
  void inStrictWhatIsAboveTheHoldIsAShortfallWithTwoGatewaysOnOnePostgres() throws Exception {
    start(postgres(), 2, "strict");
    inStrictWhatIsAboveTheHoldIsAShortfall();
  }

  private void inBoundedTheOverrunIsWhatWasAboveTheHolds() throws Exception {
    Map<Integer, Long> statuses =
        askAll("\"x_pause_ms\":3000,\"max_tokens\":100,\"x_cost\":\"0.00096\"", true);

    // Ten times as many fit, as each asks for a tenth.
    assertThat(statuses).isEqualTo(Map.of(200, 100L, 403, 100L));
    long overrun = books.charges().stream().mapToLong(Line::overrunNanos).sum();
    assertThat(overrun).isEqualTo(100 * (2 * HOLD - HOLD / 10));
    assertThat(books.number("SELECT credits_nanos - charges_nanos FROM project"))
        .isEqualTo(-overrun);
  }

  @Test
  void inBoundedTheOverrunIsWhatWasAboveTheHoldsOnSqlite() throws Exception {
    start(sqlite(), 1, "bounded");
    inBoundedTheOverrunIsWhatWasAboveTheHolds();
  }

  @Test
  void inBoundedTheOverrunIsWhatWasAboveTheHoldsOfTwoGatewaysOnOnePostgres() throws Exception {
    start(postgres(), 2, "bounded");
    inBoundedTheOverrunIsWhatWasAboveTheHolds();
  }
}
