package dev.tollgate.gateway.exchange;

import dev.tollgate.gateway.account.Principal;
import dev.tollgate.gateway.account.Secret;
import dev.tollgate.gateway.flavor.Flavor;
import dev.tollgate.gateway.http.RawQuery;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Tokens;
import dev.tollgate.gateway.metrics.ExchangeEnd;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
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
  private final @Nullable String traceId;
  private final String method;
  private final String client;
  private final Route route;
  // Null where a route was found.
  private final @Nullable Asked asked;
  private final Flavor flavor;
  private final RawQuery query;
  private final long startNanos = System.nanoTime();
  private final AtomicReference<@Nullable Outcome> outcome = new AtomicReference<>();
  private final AtomicBoolean finished = new AtomicBoolean();

  private volatile @Nullable Principal principal;
  private volatile @Nullable Secret upstreamKey;
  private volatile @Nullable String upstreamQuery;
  private volatile @Nullable UpstreamRequest upstreamRequest;
  private volatile @Nullable Runnable onAbort;
  private final AtomicReference<@Nullable Runnable> onLeaveProject = new AtomicReference<>();
  private volatile int status;
  private volatile @Nullable String refusalCode;
  private volatile long requestBytes;
  private final AtomicLong responseBytes = new AtomicLong();
  // Since startNanos; -1: there was none.
  private volatile long firstByteNanos = -1;
  private volatile boolean streamed;
  private volatile long firstTokenNanos = -1;
  private volatile @Nullable String model;
  private volatile @Nullable Money cost;
  private volatile @Nullable Money charge;
  private volatile @Nullable String settlement;
  private volatile Tokens tokens = Tokens.NONE;

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
    this.traceId = traceId;
    this.method = method;
    this.client = client;
    this.route = route;
    this.asked = asked;
    this.flavor = flavor;
    this.query = query;
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

  /** The status that the client gets. */
  public void setStatus(int status) {
    this.status = status;
  }

  /** The code of the refusal that applied. */
  public void setRefusalCode(String code) {
    this.refusalCode = code;
  }

  /** The model that was asked for, or that answered. Of the client's or the upstream's making. */
  public void setModel(String model) {
    this.model = model;
  }

  /**
   * What the project is charged.
   *
   * @param cost the upstream's
   */
  public void setCharge(Money cost, Money charge, Tokens tokens) {
    this.cost = cost;
    this.charge = charge;
    this.tokens = tokens;
    this.settlement = "charged";
  }

  /**
   * Says why there is no charge yet, or none at all.
   *
   * @param word what the log line has in place of an amount
   */
  public void setNoCharge(String word) {
    this.settlement = word;
  }

  /** Says that the upstream answers with an event stream. */
  public void setStreamed() {
    this.streamed = true;
  }

  /** A piece of the answer with generated content has been written. The first call counts. */
  public void noteContent() {
    if (firstTokenNanos < 0) {
      firstTokenNanos = System.nanoTime() - startNanos;
    }
  }

  /** How many bytes of body the client sent. */
  public void setRequestBytes(long bytes) {
    this.requestBytes = bytes;
  }

  /**
   * Adds to the bytes of body that were written to the client. Called by one thread at a time.
   *
   * @param bytes more than zero
   */
  public void addResponseBytes(int bytes) {
    if (firstByteNanos < 0) {
      firstByteNanos = System.nanoTime() - startNanos;
    }
    responseBytes.addAndGet(bytes);
  }

  /**
   * Decides how the exchange ended.
   *
   * @return true for the one caller that decided, false if it was decided before
   */
  public boolean decide(Outcome decided) {
    return outcome.compareAndSet(null, decided);
  }

  /** Whether {@link #decide} was called. */
  public boolean isDecided() {
    return outcome.get() != null;
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
    long totalNanos = System.nanoTime() - startNanos;
    if (scope.access().isOn()) {
      scope.access().write(entry(totalNanos));
    }
    scope.ended(end(totalNanos));
  }

  private ExchangeEnd end(long totalNanos) {
    Money charged = charge;
    return new ExchangeEnd(
        method,
        route.path(),
        flavor.name(),
        route.operation(),
        streamed,
        status,
        String.valueOf(outcome.get()),
        refusalCode,
        requestBytes,
        responseBytes.get(),
        firstByteNanos,
        streamed ? firstTokenNanos : -1,
        totalNanos,
        charged == null ? -1 : charged.nanos(),
        tokens.input(),
        tokens.output());
  }

  private AccessEntry entry(long totalNanos) {
    Principal who = principal;
    return new AccessEntry(
        id,
        traceId,
        asked == null ? method : asked.method(),
        route.path(),
        asked == null ? null : asked.path(),
        who == null ? null : who.project().name(),
        who == null ? null : who.key().id(),
        client,
        status,
        String.valueOf(outcome.get()),
        refusalCode,
        requestBytes,
        responseBytes.get(),
        bill(),
        firstByteNanos < 0 ? AccessEntry.UNKNOWN : TimeUnit.NANOSECONDS.toMillis(firstByteNanos),
        TimeUnit.NANOSECONDS.toMillis(totalNanos));
  }

  private AccessEntry.@Nullable Bill bill() {
    String word = settlement;
    // What was asked for is worth knowing where it was refused for that very reason.
    return word == null && model == null
        ? null
        : new AccessEntry.Bill(model, tokens, cost, charge, word == null ? "-" : word);
  }
}
