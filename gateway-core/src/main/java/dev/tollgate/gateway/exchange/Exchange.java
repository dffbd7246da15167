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
 * <p>Filters write to it on the container's thread, before the relay starts; the relay's counters
 * are written by whichever thread runs the pump. The outcome is decided once, by {@link #decide},
 * by any thread; {@link #finish} ends the exchange once.
 */
public final class Exchange {
  private static final int MAX_MODEL_CHARACTERS = 100;
  private static final Logger LOG = System.getLogger("dev.tollgate.gateway.access");

  private final RequestScope scope;
  private final String id;
  private final String method;
  private final String client;
  private final Route route;
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
  private volatile int status;
  private volatile int refusalRow;
  private volatile long requestBytes;
  private final AtomicLong responseBytes = new AtomicLong();
  // Since startNanos; -1: there was none.
  private volatile long firstByteNanos = -1;
  private volatile @Nullable String model;
  private volatile @Nullable Money charge;
  private volatile @Nullable String chargeWord;
  private volatile Tokens tokens = Tokens.NONE;

  Exchange(
      RequestScope scope,
      String id,
      String method,
      String client,
      Route route,
      Flavor flavor,
      RawQuery query) {
    this.scope = scope;
    this.id = id;
    this.method = method;
    this.client = client;
    this.route = route;
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

  /** The row of the table of refusals that applied. */
  public void setRefusalRow(int row) {
    this.refusalRow = row;
  }

  /** The model that was asked for, or that answered. Of the client's or the upstream's making. */
  public void setModel(String model) {
    this.model = model;
  }

  /** What the project is charged. */
  public void setCharge(Money charge, Tokens tokens) {
    this.charge = charge;
    this.tokens = tokens;
    this.chargeWord = charge.toString();
  }

  /**
   * Says why there is no charge yet, or none at all.
   *
   * @param word what the log line has in place of an amount
   */
  public void setNoCharge(String word) {
    this.chargeWord = word;
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

  /** Breaks off and ends an exchange that is still open. */
  void abort() {
    Runnable breakOff = onAbort;
    try {
      if (decide(Outcome.ABORTED) && breakOff != null) {
        breakOff.run();
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
    scope.traffic().leave(this);
    long totalNanos = System.nanoTime() - startNanos;
    if (LOG.isLoggable(Level.INFO)) {
      LOG.log(Level.INFO, line(totalNanos));
    }
    scope.ended(end(totalNanos));
  }

  private ExchangeEnd end(long totalNanos) {
    Money charged = charge;
    return new ExchangeEnd(
        method,
        route.path(),
        status,
        String.valueOf(outcome.get()),
        refusalRow,
        requestBytes,
        responseBytes.get(),
        firstByteNanos,
        totalNanos,
        charged == null ? -1 : charged.nanos(),
        tokens.prompt(),
        tokens.completion());
  }

  private String line(long totalNanos) {
    Principal who = principal;
    StringBuilder line = new StringBuilder(200);
    line.append("id=").append(id);
    line.append(" method=").append(method).append(" route=").append(route.path());
    line.append(" project=").append(who == null ? "-" : printable(who.project().name()));
    line.append(" key=").append(who == null ? "-" : printable(who.key().id()));
    line.append(" client=").append(client);
    line.append(" status=").append(status == 0 ? "-" : Integer.toString(status));
    line.append(" outcome=").append(outcome.get());
    if (refusalRow > 0) {
      line.append(" row=").append(refusalRow);
    }
    line.append(" in=").append(requestBytes).append(" out=").append(responseBytes);
    if (chargeWord != null) {
      line.append(" model=").append(shortened(model));
      line.append(" prompt_tokens=").append(known(tokens.prompt()));
      line.append(" completion_tokens=").append(known(tokens.completion()));
      line.append(" charge=").append(chargeWord);
    }
    line.append(" ttfb_ms=").append(firstByteNanos < 0 ? "-" : millis(firstByteNanos));
    line.append(" ms=").append(millis(totalNanos));
    return line.toString();
  }

  private static String known(long tokens) {
    return tokens < 0 ? "-" : Long.toString(tokens);
  }

  private static String shortened(@Nullable String text) {
    if (text == null || text.isEmpty()) {
      return "-";
    }
    return printable(text.substring(0, Math.min(text.length(), MAX_MODEL_CHARACTERS)));
  }

  private static String millis(long nanos) {
    return Long.toString(TimeUnit.NANOSECONDS.toMillis(nanos));
  }

  /** An embedder's names may hold anything; a log line is one line of fields. */
  private static String printable(String text) {
    return text.codePoints().allMatch(c -> c > 0x20 && c != 0x7f)
        ? text
        : text.replaceAll("[\\p{Cntrl}\\s]", "_");
  }
}
