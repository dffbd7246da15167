package dev.tollgate.gateway.exchange;

import dev.tollgate.gateway.account.Principal;
import dev.tollgate.gateway.account.Secret;
import dev.tollgate.gateway.flavor.Flavor;
import dev.tollgate.gateway.http.RawQuery;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The state of one request, from the first filter to its line in the access log.
 *
 * <p>The filters write it on the container's thread, before the relay starts. After that, only one
 * relay thread at a time writes it. Any thread may decide the outcome, once, by {@link #decide};
 * {@link #finish} ends the exchange once.
 */
public final class Exchange {
  private static final Logger LOG = System.getLogger(Exchange.class.getName());

  private final RequestScope scope;
  private final String id;
  private final String method;
  private final Route route;
  private final Flavor flavor;
  private final RawQuery query;
  private final ExchangeStats stats;
  private final AtomicReference<@Nullable Outcome> outcome = new AtomicReference<>();
  private final AtomicBoolean finished = new AtomicBoolean();

  private volatile @Nullable Principal principal;
  private volatile @Nullable Secret upstreamKey;
  private volatile @Nullable String upstreamQuery;
  private volatile @Nullable UpstreamRequest upstreamRequest;
  private volatile @Nullable Runnable onAbort;
  private final AtomicReference<@Nullable Runnable> onLeaveProject = new AtomicReference<>();

  Exchange(
      RequestScope scope,
      String id,
      @Nullable String traceId,
      String method,
      String client,
      Route route,
      @Nullable Asked asked,
      Flavor flavor,
      RawQuery query) {
    this.scope = scope;
    this.id = id;
    this.method = method;
    this.route = route;
    this.flavor = flavor;
    this.query = query;
    this.stats = new ExchangeStats(traceId, client, asked);
  }

  /** The request's unique id, which the client gets as {@code X-Request-Id}. */
  public String id() {
    return id;
  }

  /** The route that serves the request. */
  public Route route() {
    return route;
  }

  /** The client's dialect. */
  public Flavor flavor() {
    return flavor;
  }

  /** The request's query. */
  public RawQuery query() {
    return query;
  }

  boolean belongsTo(RequestScope other) {
    return scope == other;
  }

  void setPrincipal(Principal principal) {
    this.principal = principal;
  }

  /** The upstream key that must be used; null: the project's present key. */
  public @Nullable Secret upstreamKey() {
    return upstreamKey;
  }

  /** Sets the upstream key. A request about an earlier call must use the key of that call. */
  public void setUpstreamKey(Secret key) {
    this.upstreamKey = key;
  }

  /** The query that must be sent upstream; null: the allowed part of the request's own query. */
  public @Nullable String upstreamQuery() {
    return upstreamQuery;
  }

  /** Sets the query to send upstream in place of the request's own. */
  public void setUpstreamQuery(String query) {
    this.upstreamQuery = query;
  }

  /** The request to send upstream; null until a filter has set it. */
  public @Nullable UpstreamRequest upstreamRequest() {
    return upstreamRequest;
  }

  /** Sets the request to send upstream. */
  public void setUpstreamRequest(UpstreamRequest request) {
    this.upstreamRequest = request;
  }

  /** Measurements for the log and the metrics. */
  public ExchangeStats stats() {
    return stats;
  }

  /**
   * Decides the outcome of the exchange.
   *
   * @return true for the one caller that decided; false if the outcome was decided before
   */
  public boolean decide(Outcome decided) {
    return outcome.compareAndSet(null, decided);
  }

  /**
   * Sets the action that breaks the exchange off if the gateway is closed. If the exchange was
   * aborted before this call, the action runs at once, perhaps twice.
   */
  public void onAbort(Runnable breakOff) {
    this.onAbort = breakOff;
    if (outcome.get() == Outcome.ABORTED) {
      breakOff.run();
    }
  }

  /** Sets the action that {@link #leaveProject} runs. */
  void onLeaveProject(Runnable leave) {
    onLeaveProject.set(leave);
  }

  /**
   * Stops counting the exchange as one of its project's open requests. Call this before the client
   * sees the end of the response, because the client may send its next request at once. A second
   * call does nothing.
   */
  public void leaveProject() {
    Runnable leave = onLeaveProject.getAndSet(null);
    if (leave != null) {
      leave.run();
    }
  }

  /** Breaks off and ends an open exchange. */
  void abort() {
    try {
      if (decide(Outcome.ABORTED)) {
        // Read the action after the outcome was set: an action set later sees the outcome, see
        // onAbort.
        Runnable breakOff = onAbort;
        if (breakOff != null) {
          breakOff.run();
        }
      }
    } catch (RuntimeException e) {
      LOG.log(Level.DEBUG, id + ": already broken off", e);
    } finally {
      finish();
    }
  }

  /** Ends the exchange, writes its log line and updates the metrics. A second call does nothing. */
  public void finish() {
    if (!finished.compareAndSet(false, true)) {
      return;
    }
    leaveProject();
    scope.traffic().leave(this);
    long totalNanos = stats.nanos();
    if (scope.access().isOn()) {
      scope.access().write(stats.entry(this, totalNanos));
    }
    scope.ended(stats.end(this, totalNanos));
  }

  /** The caller; null: unknown. */
  @Nullable Principal principal() {
    return principal;
  }

  String method() {
    return method;
  }

  String outcome() {
    return String.valueOf(outcome.get());
  }
}
