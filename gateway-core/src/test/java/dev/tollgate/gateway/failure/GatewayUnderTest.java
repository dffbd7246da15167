package dev.tollgate.gateway.failure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.metrics.ExchangeEnd;
import dev.tollgate.gateway.metrics.GatewayMetrics;
import dev.tollgate.gateway.testkit.BooksView;
import dev.tollgate.gateway.testkit.Home;
import dev.tollgate.gateway.testkit.RunningGateway;
import dev.tollgate.gateway.testkit.ScriptedUpstream;
import dev.tollgate.gateway.testkit.ScriptedUpstream.Connection;
import dev.tollgate.gateway.testkit.ScriptedUpstream.Received;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.core.ConditionFactory;

/** A gateway between clients and an upstream that does what the test's thread tells it. */
final class GatewayUnderTest implements AutoCloseable {
  /** What the upstream says later that a generation cost, unlike the usage in a whole answer. */
  static final String LOOKED_UP_COST = "0.04";

  private static final String PRICES =
      "[{\"model_id\":\""
          + Format.MODEL
          + "\",\"input_usd_per_1m_tokens\":1000,\"output_usd_per_1m_tokens\":10000}]";

  /**
   * What the ledger says of a project with one request.
   *
   * @param hold the state of its hold; empty: there is none
   * @param held in US dollars
   * @param charged in US dollars
   * @param flags of the charge
   */
  record LedgerState(String hold, String held, String charged, String flags) {}

  /** What the gateway tells its metrics. */
  private final class Counted implements GatewayMetrics {
    private final AtomicInteger opened = new AtomicInteger();
    private final List<ExchangeEnd> ends = new CopyOnWriteArrayList<>();
    private final List<String> events = new CopyOnWriteArrayList<>();
    private volatile Runnable onRetry = () -> {};

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

  /** Waits for what must be so soon, and looks every 10 ms. */
  static ConditionFactory soon() {
    return await()
        .atMost(Duration.ofSeconds(30))
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(10));
  }

  private final String url;
  private final BooksView books;
  private final Counted counted = new Counted();
  private final BlockingQueue<Connection> called = new LinkedBlockingQueue<>();
  private final List<String> pending = new ArrayList<>();
  private ScriptedUpstream upstream;
  private RunningGateway gateway;
  private boolean stopped;

  /**
   * @param idleMillis how long a client's connection may be silent
   */
  GatewayUnderTest(
      Path directory, ScriptedUpstream upstream, long idleMillis, Map<String, String> settings)
      throws Exception {
    Map<String, String> all = new HashMap<>(settings);
    Path prices = Files.writeString(directory.resolve("prices.json"), PRICES);
    all.put("tollgate.prices.file", prices.toString());
    all.put("tollgate.settle.first-delay", "1h");
    all.put("tollgate.settle.max-delay", "1h");
    setUpstream(upstream);
    gateway = RunningGateway.start(directory, upstream.baseUrl(), all, idleMillis, counted);
    url = "jdbc:sqlite:" + gateway.database();
    books = new BooksView(url);
  }

  private void setUpstream(ScriptedUpstream next) {
    upstream = next;
    upstream.background(this::answerTheGateway);
    takeCalls();
  }

  /** The gateway asks for its account, and for the costs of pending holds. */
  private void answerTheGateway(Received request, Connection connection) throws IOException {
    if (request.target().endsWith("/credits")) {
      connection.write(
          ScriptedUpstream.json(200, "{\"data\":{\"total_credits\":1,\"total_usage\":1}}"));
    } else if (request.target().contains("/generation?id=gen-1")) {
      String cost = "{\"data\":{\"id\":\"gen-1\",\"total_cost\":" + LOOKED_UP_COST + "}}";
      connection.write(ScriptedUpstream.json(200, cost));
    } else {
      connection.write(ScriptedUpstream.json(404, "{\"error\":{\"code\":404}}"));
    }
  }

  Home home() {
    return gateway;
  }

  ScriptedUpstream upstream() {
    return upstream;
  }

  /** The connection of the next call to the upstream, when the request has come. */
  Connection accept() throws InterruptedException {
    Connection connection = called.poll(10, TimeUnit.SECONDS);
    assertThat(connection).as("a call to the upstream").isNotNull();
    return connection;
  }

  /** Lets the upstream do this on a thread of its own when it is called next. */
  void onNextCall(Upstream once) {
    upstream.script(
        (request, connection) -> {
          takeCalls();
          called.add(connection);
          once.answer(connection);
        });
  }

  private void takeCalls() {
    upstream.script((request, connection) -> called.add(connection));
  }

  /** What an upstream does by itself. */
  interface Upstream {
    void answer(Connection connection) throws Exception;
  }

  /** Whether the upstream is called within that time. */
  boolean isCalledWithin(long millis) throws InterruptedException {
    Connection connection = called.poll(millis, TimeUnit.MILLISECONDS);
    return connection != null && called.add(connection);
  }

  /** Whether the upstream was called, and the call not accepted. */
  boolean isCalled() {
    return !called.isEmpty();
  }

  /** Lets an upstream that was closed be back as soon as a call to it is retried. */
  void openUpstreamOnRetry() {
    counted.onRetry = () -> setUpstream(new ScriptedUpstream(upstream.baseUrl().getPort()));
  }

  // --- what it says

  List<ExchangeEnd> ends() {
    return counted.ends;
  }

  boolean isIdle() {
    return counted.ends.size() == counted.opened.get();
  }

  /** What the metrics heard beside requests. */
  List<String> events() {
    return counted.events;
  }

  LedgerState ledger(String project) throws SQLException {
    try (java.sql.Connection database = connect();
        PreparedStatement select =
            database.prepareStatement(
                "SELECT coalesce(h.state, ''), p.held_nanos, p.charges_nanos,"
                    + " coalesce(e.flags, '') FROM project p"
                    + " LEFT JOIN hold h ON h.project_id = p.id"
                    + " LEFT JOIN ledger_entry e ON e.project_id = p.id AND e.kind = 'charge'"
                    + " WHERE p.name = ?")) {
      select.setString(1, project);
      try (ResultSet row = select.executeQuery()) {
        assertThat(row.next()).isTrue();
        LedgerState state =
            new LedgerState(
                row.getString(1),
                new Money(row.getLong(2)).toString(),
                new Money(row.getLong(3)).toString(),
                row.getString(4));
        assertThat(row.next()).as("a second hold or charge").isFalse();
        return state;
      }
    }
  }

  /** A connection of another program to the database. */
  java.sql.Connection connect() throws SQLException {
    return DriverManager.getConnection(url);
  }

  /** Notes that the project has a hold that is pending. */
  void addPending(String project) {
    pending.add(project);
  }

  /** Once their costs are looked up, pending holds are charged what the upstream says. */
  void assertPendingHoldsAreSettled() throws SQLException {
    try (java.sql.Connection database = connect();
        Statement update = database.createStatement()) {
      // As if the delay had passed.
      update.execute("UPDATE hold SET next_ask_at = 0 WHERE state = 'pending'");
    }
    for (String project : pending) {
      soon()
          .untilAsserted(
              () ->
                  assertThat(ledger(project))
                      .isEqualTo(new LedgerState("captured", "0.00", LOOKED_UP_COST, "")));
    }
  }

  // --- how it stops

  void drain() {
    stopped = true;
    gateway.gateway().drain();
  }

  void abort() {
    gateway.gateway().abort();
  }

  void stop() {
    stopped = true;
    gateway.gateway().close();
  }

  /** Makes it as new for the next test. If it was stopped, another one starts on its database. */
  void reset() throws Exception {
    if (stopped) {
      gateway.close();
      gateway = gateway.restart();
      stopped = false;
    }
    counted.opened.set(0);
    counted.ends.clear();
    counted.events.clear();
    called.clear();
    upstream.reset();
    setUpstream(upstream);
  }

  boolean isServing() {
    return !stopped && !upstream.isClosed();
  }

  @Override
  public void close() throws Exception {
    gateway.close();
    upstream.close();
    assertThat(books.broken()).isEmpty();
    books.close();
  }
}
