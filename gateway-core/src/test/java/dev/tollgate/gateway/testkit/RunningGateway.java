package dev.tollgate.gateway.testkit;

import dev.tollgate.gateway.Gateway;
import dev.tollgate.gateway.account.KeyMint.Minted;
import dev.tollgate.gateway.admin.AdminService;
import dev.tollgate.gateway.config.GatewayConfig;
import dev.tollgate.gateway.ledger.Balance;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.metrics.GatewayMetrics;
import java.net.URI;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;

/** A gateway in a container, on a database of its own, with one project that has balance. */
public final class RunningGateway implements Home, AutoCloseable {
  public static final String UPSTREAM_KEY = "sk-or-v1-operators-own-secret";
  public static final String PROJECT = "shop";

  private final Path directory;
  private final Gateway gateway;
  private final JettyContainer container;
  private final Minted key;
  private final Supplier<Gateway> again;

  private RunningGateway(
      Path directory,
      Gateway gateway,
      JettyContainer container,
      Minted key,
      Supplier<Gateway> again) {
    this.directory = directory;
    this.gateway = gateway;
    this.container = container;
    this.key = key;
    this.again = again;
  }

  public static RunningGateway start(Path directory, URI upstream) throws Exception {
    return start(directory, upstream, Map.of(), 30_000);
  }

  /**
   * @param settings further settings; an empty value takes one away
   */
  public static RunningGateway start(
      Path directory, URI upstream, Map<String, String> settings, long idleMillis)
      throws Exception {
    return start(directory, () -> build(directory, upstream, settings), idleMillis);
  }

  /** The same, where somebody hears what can be counted. */
  public static RunningGateway start(
      Path directory, URI upstream, Map<String, String> settings, GatewayMetrics metrics)
      throws Exception {
    return start(directory, upstream, settings, 30_000, metrics);
  }

  /** The same, in a container that waits for so long. */
  public static RunningGateway start(
      Path directory,
      URI upstream,
      Map<String, String> settings,
      long idleMillis,
      GatewayMetrics metrics)
      throws Exception {
    return start(
        directory,
        () ->
            Gateway.builder()
                .config(config(directory, upstream, settings))
                .metrics(metrics)
                .build(),
        idleMillis);
  }

  /** The same, with a clock of the test's. */
  public static RunningGateway start(
      Path directory, URI upstream, Map<String, String> settings, InstantSource clock)
      throws Exception {
    return start(
        directory,
        () -> Gateway.builder().config(config(directory, upstream, settings)).clock(clock).build(),
        30_000);
  }

  private static RunningGateway start(Path directory, Supplier<Gateway> builder, long idleMillis)
      throws Exception {
    Gateway gateway = builder.get();
    Minted key = gateway.admin().createProject(PROJECT, Money.parse("1000"), null);
    return new RunningGateway(
        directory, gateway, new JettyContainer("/", idleMillis, gateway::install), key, builder);
  }

  /** Another gateway with the same settings and database, as after a restart. */
  public RunningGateway restart() throws Exception {
    Gateway next = again.get();
    return new RunningGateway(
        directory, next, new JettyContainer("/", 30_000, next::install), key, again);
  }

  public Balance balance() {
    return gateway.admin().showProject(PROJECT).balance();
  }

  /** Leaves the project just that. */
  public void setBalance(String dollars) {
    Money left = Money.parse(dollars).minus(balance().total());
    if (!left.equals(Money.ZERO)) {
      gateway.admin().credit(PROJECT, left, "", null);
    }
  }

  /** A gateway that is not installed anywhere. */
  public static Gateway build(Path directory, URI upstream, Map<String, String> settings) {
    return Gateway.builder().config(config(directory, upstream, settings)).build();
  }

  private static GatewayConfig config(Path directory, URI upstream, Map<String, String> settings) {
    Map<String, String> all = new HashMap<>();
    all.put("tollgate.upstream.url", upstream.toString());
    all.put("tollgate.upstream.key", UPSTREAM_KEY);
    all.put("tollgate.database.url", "jdbc:sqlite:" + directory.resolve("tollgate.db"));
    all.putAll(settings);
    all.values().removeIf(String::isEmpty);
    return GatewayConfig.of(all);
  }

  public Gateway gateway() {
    return gateway;
  }

  @Override
  public int port() {
    return container.port();
  }

  @Override
  public String contextPath() {
    return "";
  }

  @Override
  public AdminService admin() {
    return gateway.admin();
  }

  @Override
  public Path database() {
    return directory.resolve("tollgate.db");
  }

  /** The API key of {@link #PROJECT}. */
  public String key() {
    return key.key().reveal();
  }

  public String keyId() {
    return key.id();
  }

  public URI uri(String pathAndQuery) {
    return URI.create("http://127.0.0.1:" + port() + pathAndQuery);
  }

  /** Where a chat of {@link #PROJECT} is sent. */
  public URI chat() {
    return uri("/api/v1/chat/completions?project_name=" + PROJECT);
  }

  /** A chat request in raw form, but for the body. */
  public String chatHead(String... headers) {
    StringBuilder head = new StringBuilder();
    head.append("POST /api/v1/chat/completions?project_name=" + PROJECT + " HTTP/1.1\r\n");
    head.append("Host: localhost\r\nX-API-Key: ").append(key()).append("\r\n");
    for (String header : headers) {
      head.append(header).append("\r\n");
    }
    return head.append("\r\n").toString();
  }

  @Override
  public Fate fateOf(Fault fault) {
    return fault.inJetty();
  }

  @Override
  public void close() throws Exception {
    container.close();
    gateway.close();
  }
}
