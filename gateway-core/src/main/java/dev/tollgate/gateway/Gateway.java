package dev.tollgate.gateway;

import dev.tollgate.gateway.account.ApiKey;
import dev.tollgate.gateway.account.CachingKeyStore;
import dev.tollgate.gateway.account.InferenceKeys;
import dev.tollgate.gateway.account.KeyStore;
import dev.tollgate.gateway.account.Principal;
import dev.tollgate.gateway.account.UpstreamKeys;
import dev.tollgate.gateway.admin.AdminService;
import dev.tollgate.gateway.admin.AdminServlet;
import dev.tollgate.gateway.client.ClientWatch;
import dev.tollgate.gateway.config.ConfigException;
import dev.tollgate.gateway.config.Durations;
import dev.tollgate.gateway.config.GatewayConfig;
import dev.tollgate.gateway.exchange.AccessLog;
import dev.tollgate.gateway.exchange.OperatorToken;
import dev.tollgate.gateway.exchange.RefusalWriter;
import dev.tollgate.gateway.exchange.RequestScope;
import dev.tollgate.gateway.exchange.Route;
import dev.tollgate.gateway.filter.AccessFilter;
import dev.tollgate.gateway.filter.BalanceFilter;
import dev.tollgate.gateway.filter.GenerationFilter;
import dev.tollgate.gateway.filter.KeyAuthFilter;
import dev.tollgate.gateway.filter.PassthroughFilter;
import dev.tollgate.gateway.filter.RateLimitFilter;
import dev.tollgate.gateway.filter.SeenBalances;
import dev.tollgate.gateway.filter.SizeLimitFilter;
import dev.tollgate.gateway.filter.UnparsedBodyFilter;
import dev.tollgate.gateway.flavor.ChatEdits;
import dev.tollgate.gateway.flavor.PinMeFlavor;
import dev.tollgate.gateway.http.BodyMemory;
import dev.tollgate.gateway.jdbc.JdbcStores;
import dev.tollgate.gateway.ledger.BalanceListener;
import dev.tollgate.gateway.ledger.Ledger;
import dev.tollgate.gateway.meter.Meter;
import dev.tollgate.gateway.meter.PriceBook;
import dev.tollgate.gateway.metrics.ExchangeMetrics;
import dev.tollgate.gateway.metrics.GatewayMetrics;
import dev.tollgate.gateway.metrics.GuardedMetrics;
import dev.tollgate.gateway.metrics.JvmMetrics;
import dev.tollgate.gateway.metrics.MetricRegistry;
import dev.tollgate.gateway.relay.BalanceWatch;
import dev.tollgate.gateway.relay.Billing;
import dev.tollgate.gateway.relay.Deadlines;
import dev.tollgate.gateway.relay.RelayServlet;
import dev.tollgate.gateway.relay.RequestLimits;
import dev.tollgate.gateway.selfservice.SelfServiceServlet;
import dev.tollgate.gateway.signal.CountingLedger;
import dev.tollgate.gateway.signal.HealthServlet;
import dev.tollgate.gateway.signal.MetricsServlet;
import dev.tollgate.gateway.signal.Readiness;
import dev.tollgate.gateway.signal.StoreMetrics;
import dev.tollgate.gateway.threads.OwnThreads;
import dev.tollgate.gateway.upstream.EndpointPrices;
import dev.tollgate.gateway.upstream.OperatorAccount;
import dev.tollgate.gateway.upstream.PriceFile;
import dev.tollgate.gateway.upstream.PriceList;
import dev.tollgate.gateway.upstream.Reconciler;
import dev.tollgate.gateway.upstream.UpstreamClient;
import dev.tollgate.gateway.upstream.UpstreamHealth;
import jakarta.servlet.Filter;
import jakarta.servlet.Servlet;
import jakarta.servlet.ServletContext;
import jakarta.servlet.http.HttpServletRequest;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * One gateway: its stores, its upstream client, its filters and its servlet. Build it, {@link
 * #install} it into a servlet context before that has started, {@link #close} it when the context
 * is gone. Safe for use by many threads.
 *
 * <p>Every part can be mapped by hand instead of by {@code install}; then the order is the order of
 * the accessors here, and {@link #accessFilter} must be mapped.
 */
public final class Gateway implements AutoCloseable {
  private static final String ADMIN = AdminServlet.ROOT + "/*";
  private static final Logger LOG = System.getLogger(Gateway.class.getName());
  private static final Duration CLOSING = Duration.ofSeconds(1);

  private final String path;
  private final List<String> aliases;
  private final RequestScope scope;
  private final GatewayThreads threads = new GatewayThreads();
  private final @Nullable JdbcStores stores;
  private final CachingKeyStore keys;
  private final BodyMemory bodies;
  private final UpstreamClient upstream;

  private final UnparsedBodyFilter unparsedBodyFilter = new UnparsedBodyFilter();
  private final AccessFilter accessFilter;
  private final SizeLimitFilter sizeLimitFilter;
  private final KeyAuthFilter keyAuthFilter;
  private final RateLimitFilter rateLimitFilter;
  private final BalanceFilter balanceFilter;
  private final GenerationFilter generationFilter;
  private final PassthroughFilter passthroughFilter;
  private final RelayServlet relayServlet;
  private final SelfServiceServlet selfServiceServlet;
  private final HealthServlet healthServlet;
  private final MetricRegistry registry = new MetricRegistry();
  private final @Nullable MetricsServlet metricsServlet;
  private final @Nullable AdminServlet adminServlet;
  private final boolean adminApart;
  private final InstantSource clock;
  private final List<AutoCloseable> resources;
  private final AtomicBoolean closed = new AtomicBoolean();

  /**
   * What a gateway is made of.
   *
   * @param stores what the gateway closes; null: its stores are somebody else's
   * @param inferenceKeys null: projects cannot make keys by themselves
   * @param path within the application, below which the routes are
   * @param aliases paths below that one that stand for {@code /api/v1}
   */
  record Parts(
      KeyStore keyStore,
      Ledger ledger,
      UpstreamKeys upstreamKeys,
      @Nullable JdbcStores stores,
      @Nullable InferenceKeys inferenceKeys,
      GatewayMetrics metrics,
      BalanceListener balanceListener,
      String path,
      List<String> aliases,
      InstantSource clock) {}

  Gateway(GatewayConfig config, Parts parts, List<AutoCloseable> resources) {
    this.path = parts.path;
    this.aliases = List.copyOf(parts.aliases);
    this.stores = parts.stores;
    this.clock = parts.clock;
    this.resources = resources;
    // Whatever may fail comes before what would have to be given back then.
    PriceBook prices = new PriceBook();
    PriceFile priceFile = priceFile(prices, config);
    GuardedMetrics metrics = metrics(parts.metrics, config);
    AccessLog access = new AccessLog(config.logFormat(), threads.log());
    this.scope = new RequestScope(metrics, access, config.maxExchanges());
    this.keys = new CachingKeyStore(parts.keyStore, System::nanoTime);
    this.upstream = new UpstreamClient(config.upstream(), threads.own());
    Ledger ledger = new CountingLedger(parts.ledger, registry);
    UpstreamKeys upstreamKeys = parts.upstreamKeys;
    RefusalWriter refusals = new RefusalWriter(scope);
    SeenBalances balances = new SeenBalances(ledger);
    Meter meter = new Meter(prices, config.meter());
    BalanceWatch balanceWatch =
        new BalanceWatch(ledger, config.lowBalance(), parts.balanceListener);
    Reconciler reconciler =
        new Reconciler(
            ledger,
            upstream,
            config.target(),
            upstreamKeys,
            meter,
            config.reconciler(),
            clock,
            balanceWatch::settledLater,
            threads.reconciler());
    accessFilter = new AccessFilter(scope, refusals, path, aliases);
    sizeLimitFilter = new SizeLimitFilter(scope, refusals, config.maxBodyBytes());
    keyAuthFilter = new KeyAuthFilter(scope, refusals, keys, config.target(), clock);
    rateLimitFilter = new RateLimitFilter(scope, refusals, balances, config.limits());
    balanceFilter =
        new BalanceFilter(scope, refusals, balances, meter::mayBeFree, reconciler::hurry);
    generationFilter = new GenerationFilter(scope, refusals, ledger, upstreamKeys);
    passthroughFilter =
        new PassthroughFilter(
            scope, refusals, config.target(), config.requestHeaders(), upstreamKeys);
    ClientWatch clients = new ClientWatch();
    Deadlines deadlines = new Deadlines();
    bodies =
        new BodyMemory(
            config.bodyMemoryBytes(), Math.max(config.maxBodyBytes(), PinMeFlavor.MAX_BODY_BYTES));
    registry.gauge(
        "tollgate_body_memory_bytes",
        "Memory that request bodies take.",
        samples -> samples.add(bodies.takenBytes()));
    OperatorAccount account =
        new OperatorAccount(
            upstream,
            config.target(),
            config.meter().generations(),
            metrics,
            System::nanoTime,
            threads.poll());
    relayServlet =
        new RelayServlet(
            new RelayServlet.Tools(
                scope,
                refusals,
                upstream,
                new Billing(
                    ledger,
                    meter,
                    new RequestLimits(config.limits(), config.modelAliases()),
                    balanceWatch,
                    reconciler::hurry,
                    endpointPrices(prices, meter, config),
                    threads.timer(),
                    clock,
                    config.reconciler().firstDelay()),
                new ChatEdits(
                    config.modelAliases(), config.askForUsage() && !config.meter().generations()),
                threads.timer(),
                clients,
                deadlines,
                new UpstreamHealth(metrics, System::nanoTime),
                account,
                bodies,
                config.maxBodyBytes(),
                config.upstream(),
                config.client()));
    selfServiceServlet =
        new SelfServiceServlet(
            new SelfServiceServlet.Tools(
                scope, refusals, ledger, prices, parts.inferenceKeys, config.limits(), clock));
    Readiness readiness = new Readiness(scope.traffic(), ledger, ownThreads());
    healthServlet = new HealthServlet(readiness);
    OperatorToken token =
        config.admin().token() == null ? null : new OperatorToken(config.admin().token());
    adminServlet = adminServlet(token, access);
    adminApart = config.admin().port() != null;
    MetricsServlet.addReadiness(registry, readiness);
    addStoreMetrics();
    metricsServlet = token == null ? null : new MetricsServlet(registry, token);
    keys.start(threads.poll());
    balanceWatch.start(threads.balance());
    clients.start(threads.clients());
    deadlines.start(threads.timer());
    startPrices(prices, priceFile, config);
    account.start();
    reconciler.start();
  }

  private List<OwnThreads> ownThreads() {
    return stores == null ? List.of(threads.own()) : List.of(threads.own(), stores.threads());
  }

  private GuardedMetrics metrics(GatewayMetrics others, GatewayConfig config) {
    JvmMetrics.addTo(registry);
    return new GuardedMetrics(
        new ExchangeMetrics(
            registry,
            config.meter().generations() ? "openrouter" : "generic",
            RefusalWriter.codes()),
        others);
  }

  private void addStoreMetrics() {
    if (stores != null) {
      JdbcStores own = stores;
      new StoreMetrics(own.reports(), own.file().orElse(null), clock, threads.signals())
          .addTo(registry);
      registry.gauge(
          "tollgate_ledger_queue_changes",
          "Changes of the books that wait to be written.",
          samples -> samples.add(own.waitingChanges()));
    }
  }

  private @Nullable AdminServlet adminServlet(@Nullable OperatorToken token, AccessLog access) {
    if (token == null) {
      LOG.log(Level.INFO, "the admin API is off: no tollgate.admin.token");
      return null;
    }
    if (stores == null) {
      LOG.log(Level.WARNING, "the admin API is off: this gateway has no database of its own");
      return null;
    }
    return new AdminServlet(admin(), token, path, Durations::parse, access);
  }

  private static @Nullable PriceFile priceFile(PriceBook prices, GatewayConfig config) {
    Path path = config.prices().file();
    if (path == null) {
      return null;
    }
    try {
      return PriceFile.read(prices, path);
    } catch (IllegalArgumentException e) {
      throw new ConfigException("tollgate.prices.file: " + e.getMessage());
    }
  }

  private @Nullable EndpointPrices endpointPrices(
      PriceBook prices, Meter meter, GatewayConfig config) {
    return meter.needsEndpoints()
        ? new EndpointPrices(
            upstream, config.target(), prices::lists, config.prices().refresh(), threads.poll())
        : null;
  }

  private void startPrices(PriceBook prices, @Nullable PriceFile file, GatewayConfig config) {
    Duration refresh = config.prices().refresh();
    if (file != null) {
      file.start(refresh, threads.poll());
    } else if (config.meter().generations()) {
      new PriceList(prices, upstream, config.target(), refresh, threads.poll()).start();
    } else {
      LOG.log(
          Level.WARNING,
          "no prices are known: tollgate.prices.file is not set; {0} is held for each request",
          config.meter().unknownHold());
    }
  }

  /** Makes gateways. */
  public static GatewayBuilder builder() {
    return new GatewayBuilder();
  }

  /**
   * Adds the filters and the servlet, in the order in which a request meets them.
   *
   * @throws IllegalStateException if the context has started, has a gateway already at the same
   *     path or one of whose routes the other's path is below, or serves that path otherwise
   */
  public void install(ServletContext context) {
    Installation installation = new Installation(context, path, routes());
    installation.requireFree();
    if (adminServlet != null && !adminApart) {
      installation.addAlone("tollgate-admin", adminServlet, ADMIN);
    }
    if (metricsServlet != null && !adminApart) {
      // Where the application has something of its own there, that stays.
      installation.add("tollgate-metrics", metricsServlet, List.of(MetricsServlet.PATH));
    }
    // It comes before the application's own, which may ask for a parameter.
    installation.addBefore("tollgate-unparsed-body", unparsedBodyFilter);
    installation.add("tollgate-access", accessFilter);
    installation.add("tollgate-size-limit", sizeLimitFilter);
    installation.add("tollgate-key-auth", keyAuthFilter);
    installation.add("tollgate-rate-limit", rateLimitFilter);
    installation.add("tollgate-balance", balanceFilter);
    installation.add(
        "tollgate-generation", generationFilter, withAliases(List.of(GenerationFilter.PATH)));
    installation.add("tollgate-passthrough", passthroughFilter);
    installation.add(Installation.RELAY, relayServlet, routes());
    installation.add(
        "tollgate-self-service", selfServiceServlet, withAliases(Route.answeredPaths()));
    installation.add(
        "tollgate-health", healthServlet, List.of(HealthServlet.LIVE, HealthServlet.READY));
  }

  private List<String> routes() {
    return withAliases(Route.ROOTS).stream().map(root -> root + "/*").toList();
  }

  /** The same paths, and once more below each alias. */
  private List<String> withAliases(List<String> paths) {
    List<String> all = new ArrayList<>(paths);
    for (String alias : aliases) {
      for (String path : paths) {
        if (path.startsWith(Route.API)) {
          all.add(alias + path.substring(Route.API.length()));
        }
      }
    }
    return all;
  }

  /**
   * Adds an answer for every path that nothing else serves: 404 in JSON, with the route that was
   * probably meant. For an application that is a gateway and nothing else, after {@link #install}.
   * What the application serves at {@code /} already stays.
   *
   * @throws IllegalStateException if the context has started
   */
  public void installNotFound(ServletContext context) {
    new Installation(context, "", routes())
        .add("tollgate-not-found" + path, new NotFoundServlet(accessFilter), List.of("/"));
  }

  /**
   * Adds the admin API, if there is one, and {@code /metrics}, which asks for no token there: for a
   * listener that only the operator can reach. Where {@code tollgate.admin.http.port} is set,
   * {@link #install} leaves out both.
   *
   * @throws IllegalStateException if the context has started, or serves one of the paths otherwise
   */
  public void installAdmin(ServletContext context) {
    Installation installation = new Installation(context, path, routes());
    if (adminServlet != null) {
      installation.addAlone("tollgate-admin", adminServlet, ADMIN);
    }
    installation.addAlone(
        "tollgate-open-metrics", new MetricsServlet(registry, null), MetricsServlet.PATH);
  }

  /**
   * Keeps the body of a form from whoever asks for a parameter. Needed only where a filter in front
   * does; then it comes before that one, at the very beginning.
   */
  public Filter unparsedBodyFilter() {
    return unparsedBodyFilter;
  }

  /** Opens the exchange of a request: 404, 405, draining, the log line. */
  public Filter accessFilter() {
    return accessFilter;
  }

  /** Refuses a request body over the limit. */
  public Filter sizeLimitFilter() {
    return sizeLimitFilter;
  }

  /**
   * Turns an API key into a principal, and refuses who is disabled or not configured. Behind {@link
   * #authenticate} no key is asked for, but the rest is: an application that leaves this filter out
   * serves disabled projects unless it looks by itself.
   */
  public Filter keyAuthFilter() {
    return keyAuthFilter;
  }

  /** Keeps a project to its rate of requests. */
  public Filter rateLimitFilter() {
    return rateLimitFilter;
  }

  /** Turns away who has no balance. */
  public Filter balanceFilter() {
    return balanceFilter;
  }

  /**
   * Lets a project ask for its own generations only. To be mapped to {@code /api/v1/generation},
   * and to the same below an {@linkplain GatewayBuilder#alias alias}; that route must not be served
   * without it.
   */
  public Filter generationFilter() {
    return generationFilter;
  }

  /** Makes the upstream's request. */
  public Filter passthroughFilter() {
    return passthroughFilter;
  }

  /** Relays. */
  public Servlet relayServlet() {
    return relayServlet;
  }

  /** Answers for the project that asks: {@code /api/v1/key}, {@code /v0/llm/status} and so on. */
  public Servlet selfServiceServlet() {
    return selfServiceServlet;
  }

  /** Answers {@code /health/live} and {@code /health/ready}. */
  public Servlet healthServlet() {
    return healthServlet;
  }

  /**
   * Answers {@code /metrics}, for whoever shows {@code tollgate.admin.token}; empty if there is no
   * such token.
   */
  public Optional<Servlet> metricsServlet() {
    return Optional.ofNullable(metricsServlet);
  }

  /**
   * Answers {@code /admin/v1}; empty if there is no {@code tollgate.admin.token}, or the stores are
   * an embedder's own.
   */
  public Optional<Servlet> adminServlet() {
    return Optional.ofNullable(adminServlet);
  }

  /**
   * Says who is calling, for an application that has authenticated the caller itself. To be called
   * before the gateway's filters, on the container's thread. It holds for this gateway alone. No
   * key is asked for then, nor {@code project_name}; whether the project is enabled, configured and
   * has balance still is.
   *
   * @param principal {@linkplain #principalOf of this gateway}, or where the stores are the
   *     application's own, one that it made
   */
  public void authenticate(HttpServletRequest request, Principal principal) {
    scope.authenticate(request, principal);
  }

  /**
   * The project of this name as a caller without a key. Kept in memory as keys are; may read the
   * database.
   *
   * @return empty if there is no such project, or the application's own key store does not find
   *     projects by name
   * @throws dev.tollgate.gateway.account.StoreUnavailableException if that cannot be found out now
   */
  public Optional<Principal> principalOf(String projectName) {
    return keys.findProject(projectName)
        .map(project -> new Principal(project, ApiKey.none(project.id())));
  }

  /**
   * The operator's use cases on this gateway's own database.
   *
   * @throws IllegalStateException if the gateway was built on an embedder's stores
   */
  public AdminService admin() {
    if (stores == null) {
      throw new IllegalStateException("this gateway has no database of its own");
    }
    return Administration.of(stores, clock);
  }

  /**
   * A thread for periodic work of a server around this gateway. If an error ends it, {@code
   * /health/live} fails. The caller shuts it down.
   *
   * @param name of the thread
   */
  public ScheduledExecutorService scheduler(String name) {
    return threads.own().scheduler(name);
  }

  /** The memory of request bodies, for what a server in front keeps of them itself. */
  public BodyMemory bodyMemory() {
    return bodies;
  }

  /** The log that has a line for each request, for what a server in front refuses itself. */
  public AccessLog accessLog() {
    return scope.access();
  }

  /**
   * Lets {@code /health/ready} fail from now on, so that whoever distributes requests looks
   * elsewhere. Those that come all the same are served until {@link #drain}.
   */
  public void announceDrain() {
    scope.traffic().announceDrain();
  }

  /** Breaks off what is open. */
  public void abort() {
    warnOfOpen();
    scope.traffic().abort();
  }

  private void warnOfOpen() {
    int open = scope.traffic().openCount();
    if (open > 0) {
      LOG.log(Level.WARNING, "the gateway stops while {0} requests are open", open);
    }
  }

  /** Refuses new requests from now on; those that are open go on. */
  public void drain() {
    scope.traffic().drain();
  }

  /**
   * Waits until no request is open.
   *
   * @return false if {@code limit} passed before
   */
  public boolean awaitIdle(Duration limit) {
    if (scope.traffic().isDraining()) {
      LifecycleLog.stopping(scope.traffic().openCount(), limit);
    }
    return scope.traffic().awaitIdle(limit);
  }

  /** Breaks what is still open and gives everything back: threads, connections, the database. */
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    drain();
    keys.close();
    warnOfOpen();
    try {
      upstream.close();
    } catch (IllegalStateException e) {
      // The rest is to be given back all the same, the books above all.
      LOG.log(Level.WARNING, "the upstream client did not stop", e);
    }
    // Most end by that; a client that does not read would keep its exchange open.
    if (!scope.traffic().awaitIdle(CLOSING)) {
      scope.traffic().abort();
    }
    threads.close();
    if (stores != null) {
      stores.close();
    }
    close(resources);
  }

  /** Closes all of them, the last one first. */
  static void close(List<AutoCloseable> resources) {
    for (int i = resources.size() - 1; i >= 0; i--) {
      try {
        resources.get(i).close();
      } catch (Exception e) {
        LOG.log(Level.WARNING, "cannot be closed: " + resources.get(i), e);
      }
    }
  }
}
