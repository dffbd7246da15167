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
 * One request and what becomes of it, from the first filter to the log line at its end.
 *
 * <p>Filters write to it on the container's thread, before the relay starts; then one thread at a
 * time of the relay does. The outcome is decided once, by {@link #decide}, by any thread; {@link
 * #finish} ends the exchange once.
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

  /** The request's id: unique, and what {@code X-Request-Id} says. */
  public String id() {
    return id;
  }

  /** The route that serves the request. */
  public Route route() {
    return route;
  }

  /** How the client talks. */
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

  /** The upstream key that has to be used; null: the project's present one. */
  public @Nullable Secret upstreamKey() {
    return upstreamKey;
  }

  /** Says that the request is about what was made with this upstream key. */
  public void setUpstreamKey(Secret key) {
    this.upstreamKey = key;
  }

  /** The query that has to be used upstream; null: the request's own, as far as it may pass. */
  public @Nullable String upstreamQuery() {
    return upstreamQuery;
  }

  /** Says that this, and nothing of the request's query, is to be sent upstream. */
  public void setUpstreamQuery(String query) {
    this.upstreamQuery = query;
  }

  /** What is to be sent upstream, once a filter has said so. */
  public @Nullable UpstreamRequest upstreamRequest() {
    return upstreamRequest;
  }

  /** Says what is to be sent upstream. */
  public void setUpstreamRequest(UpstreamRequest request) {
    this.upstreamRequest = request;
  }

  /** What is known of it for the log and the metrics. */
  public ExchangeStats stats() {
    return stats;
  }

  /**
   * Decides how the exchange ended.
   *
   * @return true for the one caller that decided, false if it was decided before
   */
  public boolean decide(Outcome decided) {
    return outcome.compareAndSet(null, decided);
  }

  /**
   * Says what breaks the exchange off, should the gateway be closed before its end. Where that has
   * happened already, it is run at once, and perhaps twice.
   */
  public void onAbort(Runnable breakOff) {
    this.onAbort = breakOff;
    if (outcome.get() == Outcome.ABORTED) {
      breakOff.run();
    }
  }

  /** Says what {@link #leaveProject} runs. */
  void onLeaveProject(Runnable leave) {
    onLeaveProject.set(leave);
  }

  /**
   * From now on the exchange does not count as one that its project has open. This is called before
   * the client sees the end of the response, because the client may send its next request at once.
   * A second call does nothing.
   */
  public void leaveProject() {
    Runnable leave = onLeaveProject.getAndSet(null);
    if (leave != null) {
      leave.run();
    }
  }

  /** Breaks off and ends an exchange that is still open. */
  void abort() {
    try {
      if (decide(Outcome.ABORTED)) {
        // Only now: what was not there yet finds the outcome, see onAbort.
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

  /** Ends the exchange, writes its log line and tells the metrics; a second call does nothing. */
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

  /** Who made the request; null: that is not known. */
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
