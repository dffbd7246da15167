package dev.tollgate.gateway;

import dev.tollgate.gateway.account.ApiKey;
import dev.tollgate.gateway.account.Principal;
import dev.tollgate.gateway.account.Project;
import dev.tollgate.gateway.admin.AdminService;
import dev.tollgate.gateway.admin.AdminServlet;
import dev.tollgate.gateway.config.GatewayConfig;
import dev.tollgate.gateway.exchange.AccessLog;
import dev.tollgate.gateway.exchange.RequestScope;
import dev.tollgate.gateway.exchange.Route;
import dev.tollgate.gateway.filter.GenerationFilter;
import dev.tollgate.gateway.http.BodyMemory;
import dev.tollgate.gateway.jdbc.JdbcStores;
import dev.tollgate.gateway.signal.HealthServlet;
import dev.tollgate.gateway.signal.MetricsServlet;
import jakarta.servlet.Filter;
import jakarta.servlet.Servlet;
import jakarta.servlet.ServletContext;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicBoolean;

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

  private final GatewayAssembly assembly;
  private final GatewayParts parts;
  private final RequestScope scope;
  private final boolean adminApart;
  private final AtomicBoolean closed = new AtomicBoolean();

  Gateway(GatewayConfig config, GatewayParts parts) {
    this.parts = parts;
    this.adminApart = config.admin().port() != null;
    this.assembly = new GatewayAssembly(config, parts);
    this.scope = assembly.scope;
    assembly.start();
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
    Installation installation = new Installation(context, parts.path(), parts.routes());
    installation.requireFree();
    if (assembly.adminServlet != null && !adminApart) {
      installation.addAlone("tollgate-admin", assembly.adminServlet, ADMIN);
    }
    if (assembly.metricsServlet != null && !adminApart) {
      // If the application serves this path already, its servlet stays.
      installation.add("tollgate-metrics", assembly.metricsServlet, List.of(MetricsServlet.PATH));
    }
    // Before the application's filters, because they may ask for a parameter.
    installation.addBefore("tollgate-unparsed-body", assembly.unparsedBodyFilter);
    installation.add("tollgate-access", assembly.accessFilter);
    installation.add("tollgate-size-limit", assembly.sizeLimitFilter);
    installation.add("tollgate-key-auth", assembly.keyAuthFilter);
    installation.add("tollgate-rate-limit", assembly.rateLimitFilter);
    installation.add("tollgate-balance", assembly.balanceFilter);
    installation.add(
        "tollgate-generation",
        assembly.generationFilter,
        parts.withAliases(List.of(GenerationFilter.PATH)));
    installation.add("tollgate-passthrough", assembly.passthroughFilter);
    installation.add(Installation.RELAY, assembly.relayServlet, parts.routes());
    installation.add(
        "tollgate-self-service",
        assembly.selfServiceServlet,
        parts.withAliases(Route.answeredPaths()));
    installation.add(
        "tollgate-health",
        assembly.healthServlet,
        List.of(HealthServlet.LIVE, HealthServlet.READY));
  }

  /**
   * Adds an answer for every path that nothing else serves: 404 in JSON, with the route that was
   * probably meant. For an application that is a gateway and nothing else, after {@link #install}.
   * What the application serves at {@code /} already stays.
   *
   * @throws IllegalStateException if the context has started
   */
  public void installNotFound(ServletContext context) {
    NotFoundServlet servlet = new NotFoundServlet(assembly.accessFilter);
    new Installation(context, "", parts.routes())
        .add("tollgate-not-found" + parts.path(), servlet, List.of("/"));
  }

  /**
   * Adds the admin API, if there is one, and {@code /metrics}, which asks for no token there: for a
   * listener that only the operator can reach. Where {@code tollgate.admin.http.port} is set,
   * {@link #install} leaves out both.
   *
   * @throws IllegalStateException if the context has started, or serves one of the paths otherwise
   */
  public void installAdmin(ServletContext context) {
    Installation installation = new Installation(context, parts.path(), parts.routes());
    if (assembly.adminServlet != null) {
      installation.addAlone("tollgate-admin", assembly.adminServlet, ADMIN);
    }
    installation.addAlone(
        "tollgate-open-metrics", new MetricsServlet(assembly.registry, null), MetricsServlet.PATH);
  }

  /**
   * Keeps the container from parsing the body of a form. Needed only if a filter in front asks for
   * a request parameter; map it before that filter.
   */
  public Filter unparsedBodyFilter() {
    return assembly.unparsedBodyFilter;
  }

  /** Opens the exchange of a request: 404, 405, draining, the log line. */
  public Filter accessFilter() {
    return assembly.accessFilter;
  }

  /** Refuses a request body over the limit. */
  public Filter sizeLimitFilter() {
    return assembly.sizeLimitFilter;
  }

  /**
   * Turns an API key into a principal, and refuses projects that are disabled or not configured.
   * After {@link #authenticate} the filter asks for no key, but still checks the project. An
   * application that leaves the filter out must check that itself.
   */
  public Filter keyAuthFilter() {
    return assembly.keyAuthFilter;
  }

  /** Keeps a project to its rate of requests. */
  public Filter rateLimitFilter() {
    return assembly.rateLimitFilter;
  }

  /** Refuses projects without balance. */
  public Filter balanceFilter() {
    return assembly.balanceFilter;
  }

  /**
   * Lets a project ask for its own generations only. Map it to {@code /api/v1/generation} and to
   * the same path below each {@linkplain GatewayBuilder#alias alias}. That route must not be served
   * without it.
   */
  public Filter generationFilter() {
    return assembly.generationFilter;
  }

  /** Builds the request to the upstream. */
  public Filter passthroughFilter() {
    return assembly.passthroughFilter;
  }

  /** Relays a request to the upstream, and its answer to the client. */
  public Servlet relayServlet() {
    return assembly.relayServlet;
  }

  /** Answers for the project that asks: {@code /api/v1/key}, {@code /v0/llm/status} and so on. */
  public Servlet selfServiceServlet() {
    return assembly.selfServiceServlet;
  }

  /** Answers {@code /health/live} and {@code /health/ready}. */
  public Servlet healthServlet() {
    return assembly.healthServlet;
  }

  /** Answers {@code /metrics} for requests with the admin token; empty if none is set. */
  public Optional<Servlet> metricsServlet() {
    return Optional.ofNullable(assembly.metricsServlet);
  }

  /** Answers {@code /admin/v1}; empty without an admin token, or on an embedder's own stores. */
  public Optional<Servlet> adminServlet() {
    return Optional.ofNullable(assembly.adminServlet);
  }

  /**
   * Binds a principal to a request, for an application that has authenticated the caller itself.
   * Call it before the gateway's filters, on the container's thread. It holds for this gateway
   * alone. The gateway then asks for neither a key nor {@code project_name}, but still checks that
   * the project is enabled, configured and has balance.
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
    Optional<Project> found = assembly.keys.findProject(projectName);
    return found.map(project -> new Principal(project, ApiKey.none(project.id())));
  }

  /**
   * The operator's use cases on this gateway's own database.
   *
   * @throws IllegalStateException if the gateway was built on an embedder's stores
   */
  public AdminService admin() {
    JdbcStores stores = parts.stores();
    if (stores == null) {
      throw new IllegalStateException("this gateway has no database of its own");
    }
    return Administration.of(stores, parts.clock());
  }

  /**
   * A thread for periodic work of a server around this gateway. If an error ends it, {@code
   * /health/live} fails. The caller shuts it down.
   *
   * @param name of the thread
   */
  public ScheduledExecutorService scheduler(String name) {
    return assembly.threads.own().scheduler(name);
  }

  /** The memory of request bodies, for a server in front that buffers a part of them. */
  public BodyMemory bodyMemory() {
    return assembly.bodies;
  }

  /** The access log, for a server in front that refuses requests itself. */
  public AccessLog accessLog() {
    return scope.access();
  }

  /**
   * Lets {@code /health/ready} fail from now on, so that load balancers send requests elsewhere.
   * Requests that still arrive are served until {@link #drain}.
   */
  public void announceDrain() {
    scope.traffic().announceDrain();
  }

  /** Breaks off all open requests. */
  public void abort() {
    LifecycleLog.breakingOff(scope.traffic().openCount());
    scope.traffic().abort();
  }

  /** Refuses new requests from now on; those that are open go on. */
  public void drain() {
    scope.traffic().drain();
  }

  /** Waits until no request is open; false if {@code limit} passed before. */
  public boolean awaitIdle(Duration limit) {
    if (scope.traffic().isDraining()) {
      LifecycleLog.stopping(scope.traffic().openCount(), limit);
    }
    return scope.traffic().awaitIdle(limit);
  }

  /** Breaks off open requests and releases threads, connections and the database. */
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    drain();
    LifecycleLog.breakingOff(scope.traffic().openCount());
    assembly.close();
  }
}
