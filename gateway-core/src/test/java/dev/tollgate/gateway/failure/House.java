package dev.tollgate.gateway.failure;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.metrics.ExchangeEnd;
import dev.tollgate.gateway.metrics.GatewayMetrics;
import dev.tollgate.gateway.testkit.BooksView;
import dev.tollgate.gateway.testkit.KeyStores;
import dev.tollgate.gateway.testkit.RawClient;
import dev.tollgate.gateway.testkit.RunningGateway;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import dev.tollgate.gateway.testkit.ScriptedUpstream.Connection;
import dev.tollgate.gateway.testkit.ScriptedUpstream.Received;
import dev.tollgate.gateway.testkit.Tenant;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;

/** A gateway between an upstream and a container, for one failure at a time. */
final class House implements AutoCloseable {
  /**
   * What a house is like.
   *
   * @param name of a shared one; empty: it is for one failure alone
   * @param idleMillis how long the container lets a connection be silent
   * @param settings of the gateway
   * @param tls whether its upstream speaks TLS
   */
  record Kind(String name, long idleMillis, Map<String, String> settings, boolean tls) {
    Kind(String name, long idleMillis, Map<String, String> settings) {
      this(name, idleMillis, settings, false);
    }

    static Kind alone(long idleMillis, String... settings) {
      Map<String, String> all = new HashMap<>();
      for (int i = 0; i < settings.length; i += 2) {
        all.put(settings[i], settings[i + 1]);
      }
      return new Kind("", idleMillis, Map.copyOf(all));
    }

    boolean isShared() {
      return !name.isEmpty();
    }
  }

  /** With the time limits of every day: what a test waits for in it comes at once. */
  static final Kind PATIENT = new Kind("patient", 30_000, Map.of());

  /** For silences, of whichever side. */
  static final Kind IMPATIENT =
      new Kind(
          "impatient",
          30_000,
          Map.of(
              "tollgate.upstream.headers-timeout", "1s",
              "tollgate.upstream.idle-timeout", "1s",
              "tollgate.client.body-timeout", "1s",
              "tollgate.client.write-timeout", "1s"));

  /** For answers that take too long although they go on. */
  static final Kind HURRIED =
      new Kind("hurried", 30_000, Map.of("tollgate.upstream.total-timeout", "1s"));

  /** For an upstream that can end TLS without ending the connection, and the other way round. */
  static final Kind OVER_TLS = new Kind("over TLS", 30_000, Map.of(), true);

  /** How long is waited for what must come. */
  static final Duration PATIENCE = Duration.ofSeconds(30);

  /** What {@code GET /generation} says, unlike the usage of a whole answer. */
  static final String GENERATION_COST = "0.04";

  /** The prompt of a request is estimated at 18 tokens, so it holds this with 100 more. */
  private static final long HOLD_NANOS = 1_018_000_000;

  /** In Linux's table of connections: established, and closed by the other side alone. */
  private static final Set<String> OPEN = Set.of("01", "08");

  private static final String PRICES =
      "{\"data\":[{\"id\":\""
          + Asked.MODEL
          + "\",\"pricing\":{\"prompt\":\"0.001\",\"completion\":\"0.01\"}}]}";

  /** Notes what a gateway counts. */
  private static final class Counted implements GatewayMetrics {
    final AtomicInteger opened = new AtomicInteger();
    final List<ExchangeEnd> ends = new CopyOnWriteArrayList<>();
    final List<String> events = new CopyOnWriteArrayList<>();
    volatile Runnable onRetry = () -> {};

    @Override
    public void exchangeOpened() {
      opened.incrementAndGet();
    }

    @Override
    public void exchangeEnded(ExchangeEnd end) {
      ends.add(end);
    }

    @Override
    public void upstreamRetried() {
      events.add("upstreamRetried");
      onRetry.run();
    }

    @Override
    public void upstreamCircuitChanged(boolean open) {
      events.add("upstreamCircuitChanged(" + open + ")");
    }

    @Override
    public void operatorAccountRefused(int status) {
      events.add("operatorAccountRefused(" + status + ")");
    }
  }

  private ScriptedUpstream upstream;
  private final Counted counted = new Counted();
  private final Path directory;
  private final BooksView books;
  private RunningGateway gateway;
  private volatile boolean tellsCosts;
  private boolean closed;

  private House(Path directory, Kind kind, Path keyStore) throws Exception {
    this.directory = directory;
    upstream =
        kind.tls()
            ? ScriptedUpstream.overTls(KeyStores.serverContext(keyStore))
            : new ScriptedUpstream();
    upstream.background(this::answerTheGateway);
    Map<String, String> settings = new HashMap<>(kind.settings());
    settings.put("tollgate.settle.first-delay", "50ms");
    settings.put("tollgate.settle.max-delay", "200ms");
    gateway =
        RunningGateway.start(directory, upstream.baseUrl(), settings, kind.idleMillis(), counted);
    books = new BooksView(url());
  }

  /**
   * Opens one.
   *
   * @param keyStore of an upstream that speaks TLS; its certificate is trusted
   */
  static House open(Path directory, Kind kind, Path keyStore) throws Exception {
    House house = new House(directory, kind, keyStore);
    // Until the list of prices has been read, a request holds something else.
    soon()
        .until(
            () -> {
              house.serveOn();
              List<BooksView.Hold> holds = house.books.holds();
              return holds.get(holds.size() - 1).placedNanos() == HOLD_NANOS;
            });
    return house;
  }

  /** A condition that comes true in a moment, on a busy machine in some more. */
  static ConditionFactory soon() {
    return Awaitility.await()
        .atMost(PATIENCE)
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(5));
  }

  private void answerTheGateway(Received request, Connection connection) throws IOException {
    if (request.target().endsWith("/models")) {
      connection.write(ScriptedUpstream.json(200, PRICES));
    } else if (request.target().endsWith("/credits")) {
      connection.write(
          ScriptedUpstream.json(200, "{\"data\":{\"total_credits\":1,\"total_usage\":1}}"));
    } else if (tellsCosts && request.target().contains("/generation?id=gen-1")) {
      connection.write(
          ScriptedUpstream.json(
              200,
              "{\"data\":{\"id\":\"gen-1\",\"model\":\"test/model\",\"total_cost\":"
                  + GENERATION_COST
                  + "}}"));
    } else {
      connection.write(ScriptedUpstream.json(404, "{\"error\":{\"code\":404}}"));
    }
  }

  /** From now on the upstream says what a generation cost; or not yet. */
  void setTellsCosts(boolean tells) {
    tellsCosts = tells;
  }

  private String url() {
    return "jdbc:sqlite:" + directory.resolve("tollgate.db");
  }

  /** A connection of another program to its database. */
  java.sql.Connection connect() throws SQLException {
    return DriverManager.getConnection(url());
  }

  ScriptedUpstream upstream() {
    return upstream;
  }

  RunningGateway gateway() {
    return gateway;
  }

  BooksView books() {
    return books;
  }

  /** What the gateway has counted since the last {@link #forget}. */
  List<ExchangeEnd> ends() {
    return counted.ends;
  }

  /** What it has heard besides. */
  List<String> events() {
    return counted.events;
  }

  int opened() {
    return counted.opened.get();
  }

  void forget() {
    counted.ends.clear();
    counted.events.clear();
    counted.opened.set(0);
    upstream.reset();
    tellsCosts = false;
  }

  /** Closes the gateway, and leaves it to the container to end its connections. */
  void closeGateway() {
    closed = true;
    gateway.gateway().close();
  }

  /** Whether the gateway was closed, and not started again. */
  boolean isClosed() {
    return closed;
  }

  /** Starts another gateway on the same database. */
  void restart() throws Exception {
    gateway.close();
    gateway = gateway.restart();
    closed = false;
  }

  /** Nobody is at the upstream's port any more, and the gateway knows of no connection to it. */
  void loseUpstream() throws IOException {
    upstream.close();
    String port = String.format(":%04X", upstream.baseUrl().getPort());
    soon()
        .until(
            () ->
                Stream.of("/proc/net/tcp", "/proc/net/tcp6")
                    .flatMap(table -> lines(Path.of(table)))
                    .map(line -> line.strip().split(" +"))
                    .noneMatch(row -> row[2].endsWith(port) && OPEN.contains(row[3])));
  }

  private static Stream<String> lines(Path file) {
    try {
      return Files.readAllLines(file).stream();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Lets the upstream be back when a call is tried once more. */
  void findUpstreamOnRetry(ScriptedUpstream.Script script) {
    counted.onRetry =
        () -> {
          upstream = new ScriptedUpstream(upstream.baseUrl().getPort());
          upstream.background(this::answerTheGateway);
          upstream.script(script);
        };
  }

  /** Whatever has happened, the next request gets its answer. */
  void serveOn() throws Exception {
    forget();
    upstream.script((request, connection) -> Asked.JSON.answerWell(connection));
    Tenant next = Tenant.of(gateway, "100");
    String body = Asked.JSON.request();
    try (RawClient client = next.connect()) {
      client.send(next.chatHead("Content-Length: " + body.length()) + body);
      String head = client.readHead();
      assertThat(head).startsWith("HTTP/1.1 200");
      assertThat(client.readBody(head)).isEqualTo(Asked.JSON.answer());
    }
    soon().until(() -> counted.ends.size() == 1);
  }

  @Override
  public void close() throws Exception {
    gateway.close();
    upstream.close();
    assertThat(books.broken()).isEmpty();
    books.close();
  }
}
