package dev.tollgate.gateway;

import dev.tollgate.gateway.account.CachingKeyStore;
import dev.tollgate.gateway.admin.AdminServlet;
import dev.tollgate.gateway.client.ClientWatch;
import dev.tollgate.gateway.config.Durations;
import dev.tollgate.gateway.config.GatewayConfig;
import dev.tollgate.gateway.exchange.AccessLog;
import dev.tollgate.gateway.exchange.OperatorToken;
import dev.tollgate.gateway.exchange.RefusalWriter;
import dev.tollgate.gateway.exchange.RequestScope;
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
import dev.tollgate.gateway.ledger.Ledger;
import dev.tollgate.gateway.meter.Meter;
import dev.tollgate.gateway.metrics.ExchangeMetrics;
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
import dev.tollgate.gateway.upstream.OperatorAccount;
import dev.tollgate.gateway.upstream.Reconciler;
import dev.tollgate.gateway.upstream.UpstreamClient;
import dev.tollgate.gateway.upstream.UpstreamHealth;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Builds the parts of a gateway, each from those above it, and starts them when all are there.
 * Another constructor may fail, so this one starts nothing but the client of the upstream.
 */
final class GatewayAssembly {
  private static final Logger LOG = System.getLogger(GatewayAssembly.class.getName());
  private static final Duration CLOSING = Duration.ofSeconds(1);

  final GatewayThreads threads = new GatewayThreads();
  final MetricRegistry registry = new MetricRegistry();
  final RequestScope scope;
  final CachingKeyStore keys;
  final UpstreamClient upstream;
  final BodyMemory bodies;

  final UnparsedBodyFilter unparsedBodyFilter = new UnparsedBodyFilter();
  final AccessFilter accessFilter;
  final SizeLimitFilter sizeLimitFilter;
  final KeyAuthFilter keyAuthFilter;
  final RateLimitFilter rateLimitFilter;
  final BalanceFilter balanceFilter;
  final GenerationFilter generationFilter;
  final PassthroughFilter passthroughFilter;
  final RelayServlet relayServlet;
  final SelfServiceServlet selfServiceServlet;
  final HealthServlet healthServlet;
  final @Nullable MetricsServlet metricsServlet;
  final @Nullable AdminServlet adminServlet;

  private final GatewayConfig config;
  private final GatewayParts parts;
  private final GatewayPrices prices;
  private final BalanceWatch balanceWatch;
  private final Reconciler reconciler;
  private final ClientWatch clients = new ClientWatch();
  private final Deadlines deadlines = new Deadlines();
  private final OperatorAccount account;

  GatewayAssembly(GatewayConfig config, GatewayParts parts) {
    this.config = config;
    this.parts = parts;
    // What may fail comes before what would have to be closed then.
    prices = new GatewayPrices(config);
    GuardedMetrics metrics = metrics();
    AccessLog access = new AccessLog(config.logFormat(), threads.log());
    scope = new RequestScope(metrics, access, config.maxExchanges());
    keys = new CachingKeyStore(parts.keyStore(), System::nanoTime);
    upstream = new UpstreamClient(config.upstream(), threads.own());
    bodies = bodies();

    Ledger ledger = new CountingLedger(parts.ledger(), registry);
    Meter meter = new Meter(prices.book(), config.meter());
    balanceWatch = new BalanceWatch(ledger, config.lowBalance(), parts.balanceListener());
    reconciler =
        new Reconciler(
            ledger,
            upstream,
            config.target(),
            parts.upstreamKeys(),
            meter,
            config.reconciler(),
            parts.clock(),
            balanceWatch::settledLater,
            threads.reconciler());
    account =
        new OperatorAccount(
            upstream,
            config.target(),
            config.meter().generations(),
            metrics,
            System::nanoTime,
            threads.poll());

    RefusalWriter refusals = new RefusalWriter(scope);
    SeenBalances balances = new SeenBalances(ledger);
    accessFilter = new AccessFilter(scope, refusals, parts.path(), parts.aliases());
    sizeLimitFilter = new SizeLimitFilter(scope, refusals, config.maxBodyBytes());
    keyAuthFilter = new KeyAuthFilter(scope, refusals, keys, config.target(), parts.clock());
    rateLimitFilter = new RateLimitFilter(scope, refusals, balances, config.limits());
    balanceFilter =
        new BalanceFilter(scope, refusals, balances, meter::mayBeFree, reconciler::hurry);
    generationFilter = new GenerationFilter(scope, refusals, ledger, parts.upstreamKeys());
    passthroughFilter =
        new PassthroughFilter(
            scope, refusals, config.target(), config.requestHeaders(), parts.upstreamKeys());
    relayServlet = relay(refusals, metrics, billing(ledger, meter));
    selfServiceServlet =
        new SelfServiceServlet(
            new SelfServiceServlet.Tools(
                scope,
                refusals,
                ledger,
                prices.book(),
                parts.inferenceKeys(),
                parts.reports(),
                config.limits(),
                parts.clock()));

    Readiness readiness = new Readiness(scope.traffic(), ledger, ownThreads());
    MetricsServlet.addReadiness(registry, readiness);
    healthServlet = new HealthServlet(readiness);
    OperatorToken token =
        config.admin().token() == null ? null : new OperatorToken(config.admin().token());
    metricsServlet = token == null ? null : new MetricsServlet(registry, token);
    adminServlet = admin(token, access);
    addStoreMetrics();
  }

  private GuardedMetrics metrics() {
    JvmMetrics.addTo(registry);
    return new GuardedMetrics(
        new ExchangeMetrics(
            registry,
            config.meter().generations() ? "openrouter" : "generic",
            RefusalWriter.codes()),
        parts.metrics());
  }

  private BodyMemory bodies() {
    BodyMemory memory =
        new BodyMemory(
            config.bodyMemoryBytes(), Math.max(config.maxBodyBytes(), PinMeFlavor.MAX_BODY_BYTES));
    registry.gauge(
        "tollgate_body_memory_bytes",
        "Memory that request bodies take.",
        samples -> samples.add(memory.takenBytes()));
    return memory;
  }

  private Billing billing(Ledger ledger, Meter meter) {
    return new Billing(
        ledger,
        meter,
        new RequestLimits(config.limits(), config.modelAliases()),
        balanceWatch,
        reconciler::hurry,
        prices.endpoints(meter, upstream, threads.poll()),
        threads.timer(),
        parts.clock(),
        config.reconciler().firstDelay());
  }

  private RelayServlet relay(RefusalWriter refusals, GuardedMetrics metrics, Billing billing) {
    boolean asksForUsage = config.askForUsage() && !config.meter().generations();
    return new RelayServlet(
        new RelayServlet.Tools(
            scope,
            refusals,
            upstream,
            billing,
            new ChatEdits(config.modelAliases(), asksForUsage),
            threads.timer(),
            clients,
            deadlines,
            new UpstreamHealth(metrics, System::nanoTime),
            account,
            bodies,
            config.maxBodyBytes(),
            config.upstream(),
            config.client()));
  }

  private List<OwnThreads> ownThreads() {
    JdbcStores stores = parts.stores();
    return stores == null ? List.of(threads.own()) : List.of(threads.own(), stores.threads());
  }

  private void addStoreMetrics() {
    JdbcStores stores = parts.stores();
    if (stores != null) {
      new StoreMetrics(
              stores.reports(), stores.file().orElse(null), parts.clock(), threads.signals())
          .addTo(registry);
      registry.gauge(
          "tollgate_ledger_queue_changes",
          "Changes of the books that wait to be written.",
          samples -> samples.add(stores.waitingChanges()));
    }
  }

  private @Nullable AdminServlet admin(@Nullable OperatorToken token, AccessLog access) {
    if (token == null) {
      LOG.log(Level.INFO, "the admin API is off: no tollgate.admin.token");
      return null;
    }
    JdbcStores stores = parts.stores();
    if (stores == null) {
      LOG.log(Level.WARNING, "the admin API is off: this gateway has no database of its own");
      return null;
    }
    return new AdminServlet(
        Administration.of(stores, parts.clock()), token, parts.path(), Durations::parse, access);
  }

  void start() {
    keys.start(threads.poll());
    balanceWatch.start(threads.balance());
    clients.start(threads.clients());
    deadlines.start(threads.timer());
    prices.start(upstream, threads.poll());
    account.start();
    reconciler.start();
  }

  /** Closes all parts, the stores last, because open requests are still settled. */
  void close() {
    keys.close();
    try {
      upstream.close();
    } catch (IllegalStateException e) {
      // The ledger must be closed in any case.
      LOG.log(Level.WARNING, "the upstream client did not stop", e);
    }
    // Most end by that; a client that does not read would keep its exchange open.
    if (!scope.traffic().awaitIdle(CLOSING)) {
      scope.traffic().abort();
    }
    threads.close();
    parts.close();
  }
}
