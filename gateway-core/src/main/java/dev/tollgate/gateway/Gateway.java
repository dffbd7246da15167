package dev.tollgate.gateway;

import dev.tollgate.gateway.account.CachingKeyStore;
import dev.tollgate.gateway.account.KeyStore;
import dev.tollgate.gateway.account.Principal;
import dev.tollgate.gateway.account.UpstreamKeys;
import dev.tollgate.gateway.admin.AdminService;
import dev.tollgate.gateway.config.GatewayConfig;
import dev.tollgate.gateway.exchange.RefusalWriter;
import dev.tollgate.gateway.exchange.RequestScope;
import dev.tollgate.gateway.filter.AccessFilter;
import dev.tollgate.gateway.filter.BalanceFilter;
import dev.tollgate.gateway.filter.KeyAuthFilter;
import dev.tollgate.gateway.filter.PassthroughFilter;
import dev.tollgate.gateway.filter.SizeLimitFilter;
import dev.tollgate.gateway.flavor.PinMeFlavor;
import dev.tollgate.gateway.jdbc.JdbcStores;
import dev.tollgate.gateway.ledger.Ledger;
import dev.tollgate.gateway.meter.Meter;
import dev.tollgate.gateway.meter.PriceBook;
import dev.tollgate.gateway.relay.Billing;
import dev.tollgate.gateway.relay.PriceList;
import dev.tollgate.gateway.relay.Reconciler;
import dev.tollgate.gateway.relay.RelayServlet;
import dev.tollgate.gateway.relay.UpstreamClient;
import dev.tollgate.gateway.signal.HealthServlet;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterRegistration;
import jakarta.servlet.Servlet;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletRegistration;
import jakarta.servlet.http.HttpServletRequest;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
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
  /** What {@link #install} serves. */
  public static final String PATHS = "/api/v1/*";

  private static final Logger LOG = System.getLogger(Gateway.class.getName());
  private static final Duration CLOSING = Duration.ofSeconds(1);
  private static final long SHUTDOWN_SECONDS = 5;
  private static final int EXCHANGE_THREADS = 2;

  private final RequestScope scope = new RequestScope();
  private final ScheduledThreadPoolExecutor timer = newTimer("tollgate-timer");
  // Apart from the other timer, whose threads must never be blocked: the poll reads the database.
  private final ScheduledThreadPoolExecutor poller = newTimer("tollgate-poll");
  private final ScheduledThreadPoolExecutor reconciling = newTimer("tollgate-reconciler");
  // Goes on with exchanges for the ledger, and writes their log lines.
  private final ExecutorService exchanges =
      Executors.newFixedThreadPool(EXCHANGE_THREADS, daemons("tollgate-exchange"));
  private final @Nullable JdbcStores stores;
  private final CachingKeyStore keys;
  private final UpstreamClient upstream;

  private final AccessFilter accessFilter;
  private final SizeLimitFilter sizeLimitFilter;
  private final KeyAuthFilter keyAuthFilter;
  private final BalanceFilter balanceFilter;
  private final PassthroughFilter passthroughFilter;
  private final RelayServlet relayServlet;
  private final HealthServlet healthServlet;
  private final InstantSource clock;

  private Gateway(
      GatewayConfig config,
      @Nullable JdbcStores stores,
      KeyStore keyStore,
      Ledger ledger,
      UpstreamKeys upstreamKeys,
      InstantSource clock) {
    this.stores = stores;
    this.clock = clock;
    this.keys = new CachingKeyStore(keyStore, System::nanoTime);
    this.upstream = new UpstreamClient(config.upstream(), timer);
    PinMeFlavor flavor = new PinMeFlavor();
    RefusalWriter refusals = new RefusalWriter(scope, flavor);
    accessFilter = new AccessFilter(scope, refusals);
    sizeLimitFilter = new SizeLimitFilter(refusals);
    keyAuthFilter = new KeyAuthFilter(scope, refusals, flavor, keys, config.target(), clock);
    balanceFilter = new BalanceFilter(scope, refusals, ledger);
    passthroughFilter =
        new PassthroughFilter(
            scope, refusals, config.target(), config.requestHeaders(), upstreamKeys);
    PriceBook prices = new PriceBook();
    Meter meter = new Meter(prices, config.meter());
    relayServlet =
        new RelayServlet(
            new RelayServlet.Tools(
                scope,
                refusals,
                upstream,
                new Billing(
                    ledger, meter, exchanges, timer, clock, config.reconciler().firstDelay()),
                timer,
                SizeLimitFilter.MAX_BODY_BYTES,
                config.upstream()));
    healthServlet = new HealthServlet(scope.traffic(), ledger);
    keys.start(poller);
    new PriceList(prices, upstream, config.target(), config.priceRefresh(), poller).start();
    new Reconciler(
            ledger,
            upstream,
            config.target(),
            upstreamKeys,
            meter,
            config.reconciler(),
            clock,
            reconciling)
        .start();
  }

  private static ThreadFactory daemons(String name) {
    return task -> {
      Thread thread = Executors.defaultThreadFactory().newThread(task);
      thread.setName(name);
      thread.setDaemon(true);
      return thread;
    };
  }

  private static ScheduledThreadPoolExecutor newTimer(String name) {
    ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1, daemons(name));
    timer.setRemoveOnCancelPolicy(true);
    return timer;
  }

  /** Makes gateways. */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Adds the filters and the servlet, in the order in which a request meets them.
   *
   * @throws IllegalStateException if the context has started, or has a gateway already
   */
  public void install(ServletContext context) {
    add(context, "tollgate-access", accessFilter);
    add(context, "tollgate-size-limit", sizeLimitFilter);
    add(context, "tollgate-key-auth", keyAuthFilter);
    add(context, "tollgate-balance", balanceFilter);
    add(context, "tollgate-passthrough", passthroughFilter);
    add(context, "tollgate-relay", relayServlet, PATHS);
    add(context, "tollgate-health", healthServlet, HealthServlet.LIVE, HealthServlet.READY);
  }

  private static void add(ServletContext context, String name, Filter filter) {
    FilterRegistration.Dynamic registration = context.addFilter(name, filter);
    requireNew(registration, name);
    registration.setAsyncSupported(true);
    // Requests only: what a forward reaches has passed no filter, and the relay refuses it.
    registration.addMappingForUrlPatterns(EnumSet.of(DispatcherType.REQUEST), true, PATHS);
  }

  private static void add(ServletContext context, String name, Servlet servlet, String... paths) {
    ServletRegistration.Dynamic registration = context.addServlet(name, servlet);
    requireNew(registration, name);
    registration.setAsyncSupported(true);
    // What the application serves there already stays as it is.
    var unused = registration.addMapping(paths);
  }

  private static void requireNew(@Nullable Object registration, String name) {
    if (registration == null) {
      throw new IllegalStateException("the servlet context has a " + name + " already");
    }
  }

  /** Opens the exchange of a request: 404, 405, draining, the log line. */
  public Filter accessFilter() {
    return accessFilter;
  }

  /** Refuses a request body over the limit. */
  public Filter sizeLimitFilter() {
    return sizeLimitFilter;
  }

  /** Turns an API key into a principal; not needed by who calls {@link #authenticate}. */
  public Filter keyAuthFilter() {
    return keyAuthFilter;
  }

  /** Turns away who has no balance. */
  public Filter balanceFilter() {
    return balanceFilter;
  }

  /** Makes the upstream's request. */
  public Filter passthroughFilter() {
    return passthroughFilter;
  }

  /** Relays. */
  public Servlet relayServlet() {
    return relayServlet;
  }

  /** Answers {@code /health/live} and {@code /health/ready}. */
  public Servlet healthServlet() {
    return healthServlet;
  }

  /**
   * Says who is calling, for an application that has authenticated the caller itself. To be called
   * before the gateway's filters, on the container's thread. It holds for this gateway alone.
   */
  public void authenticate(HttpServletRequest request, Principal principal) {
    scope.authenticate(request, principal);
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
    return new AdminService(
        new AdminService.Stores(
            stores.keyAdmin(),
            stores.ledger(),
            stores.reports(),
            stores.upstreamKeys(),
            stores.transactions()),
        clock);
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
    return scope.traffic().awaitIdle(limit);
  }

  /** Breaks what is still open and gives everything back: threads, connections, the database. */
  @Override
  public void close() {
    drain();
    keys.close();
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
    // What ended just now is still to be said to the ledger, which writes it before it closes.
    exchanges.shutdown();
    await(exchanges);
    timer.shutdownNow();
    reconciling.shutdownNow();
    poller.shutdownNow();
    // They may be in the database.
    await(reconciling);
    await(poller);
    if (stores != null) {
      stores.close();
    }
  }

  private static void await(ExecutorService executor) {
    try {
      var unused = executor.awaitTermination(SHUTDOWN_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Collects what a gateway is made of. Not safe for use by several threads. */
  public static final class Builder {
    private @Nullable GatewayConfig config;
    private @Nullable KeyStore keyStore;
    private @Nullable Ledger ledger;
    private InstantSource clock = InstantSource.system();

    private Builder() {}

    /** The configuration; without one it is {@linkplain GatewayConfig#load() read}. */
    public Builder config(GatewayConfig config) {
      this.config = config;
      return this;
    }

    /** The embedder's own keys and books, in place of a database. */
    public Builder stores(KeyStore keyStore, Ledger ledger) {
      this.keyStore = keyStore;
      this.ledger = ledger;
      return this;
    }

    /** What tells the time; the system's clock if it is not called. */
    public Builder clock(InstantSource clock) {
      this.clock = clock;
      return this;
    }

    /**
     * Opens the stores and starts the upstream client.
     *
     * @throws dev.tollgate.gateway.config.ConfigException if the configuration cannot be used
     * @throws dev.tollgate.gateway.jdbc.DatabaseException if the database cannot be used
     */
    public Gateway build() {
      GatewayConfig used = config == null ? GatewayConfig.load() : config;
      if (keyStore != null && ledger != null) {
        return new Gateway(used, null, keyStore, ledger, UpstreamKeys.inMemory(), clock);
      }
      JdbcStores stores =
          JdbcStores.openForServer(used.database(), used.masterKey(), used.leaseTtl());
      try {
        return new Gateway(
            used, stores, stores.keys(), stores.ledger(), stores.upstreamKeys(), clock);
      } catch (RuntimeException e) {
        stores.close();
        throw e;
      }
    }
  }
}
