package dev.tollgate.gateway.exchange;

import dev.tollgate.gateway.account.Principal;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Tokens;
import dev.tollgate.gateway.metrics.ExchangeEnd;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Measurements of one {@link Exchange}, for its log line and the metrics. One thread at a time
 * writes them; any thread may read them.
 */
public final class ExchangeStats {
  private final @Nullable String traceId;
  private final String client;
  // Null if a route was found.
  private final @Nullable Asked asked;
  private final long startNanos = System.nanoTime();
  private volatile int status;
  private volatile @Nullable String refusalCode;
  private volatile long requestBytes;
  private final AtomicLong responseBytes = new AtomicLong();
  // Since startNanos; -1: no byte was written.
  private volatile long firstByteNanos = -1;
  private volatile boolean streamed;
  private volatile long firstTokenNanos = -1;
  private volatile @Nullable String model;
  private volatile @Nullable Money cost;
  private volatile @Nullable Money charge;
  private volatile @Nullable String settlement;
  private volatile Tokens tokens = Tokens.NONE;

  ExchangeStats(@Nullable String traceId, String client, @Nullable Asked asked) {
    this.traceId = traceId;
    this.client = client;
    this.asked = asked;
  }

  /** The time since the start of the exchange. */
  long nanos() {
    return System.nanoTime() - startNanos;
  }

  /** Sets the status that the client gets. */
  public void setStatus(int status) {
    this.status = status;
  }

  /** Sets the code of the refusal. */
  public void setRefusalCode(String code) {
    this.refusalCode = code;
  }

  /**
   * Sets the model that was requested or that answered; untrusted text from the client or the
   * upstream.
   */
  public void setModel(String model) {
    this.model = model;
  }

  /**
   * Sets the project's charge.
   *
   * @param cost the upstream's price
   */
  public void setCharge(Money cost, Money charge, Tokens tokens) {
    this.cost = cost;
    this.charge = charge;
    this.tokens = tokens;
    this.settlement = "charged";
  }

  /**
   * Records why there is no charge, or none yet.
   *
   * @param word replaces the amount in the log line
   */
  public void setNoCharge(String word) {
    this.settlement = word;
  }

  /** Records that the upstream answers with an event stream. */
  public void setStreamed() {
    this.streamed = true;
  }

  /** Records that generated content was written. Only the first call counts. */
  public void noteContent() {
    if (firstTokenNanos < 0) {
      firstTokenNanos = System.nanoTime() - startNanos;
    }
  }

  /** Sets the length of the client's request body. */
  public void setRequestBytes(long bytes) {
    this.requestBytes = bytes;
  }

  /**
   * Adds to the number of body bytes that were written to the client. Called by one thread at a
   * time.
   *
   * @param bytes more than zero
   */
  public void addResponseBytes(int bytes) {
    if (firstByteNanos < 0) {
      firstByteNanos = System.nanoTime() - startNanos;
    }
    responseBytes.addAndGet(bytes);
  }

  ExchangeEnd end(Exchange exchange, long totalNanos) {
    Money charged = charge;
    return new ExchangeEnd(
        exchange.method(),
        exchange.route().path(),
        exchange.flavor().name(),
        exchange.route().operation(),
        streamed,
        status,
        exchange.outcome(),
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

  AccessEntry entry(Exchange exchange, long totalNanos) {
    Principal who = exchange.principal();
    return new AccessEntry(
        exchange.id(),
        traceId,
        asked == null ? exchange.method() : asked.method(),
        exchange.route().path(),
        asked == null ? null : asked.path(),
        who == null ? null : who.project().name(),
        who == null ? null : who.key().id(),
        client,
        status,
        exchange.outcome(),
        refusalCode,
        requestBytes,
        responseBytes.get(),
        bill(),
        firstByteNanos < 0 ? AccessEntry.UNKNOWN : TimeUnit.NANOSECONDS.toMillis(firstByteNanos),
        TimeUnit.NANOSECONDS.toMillis(totalNanos));
  }

  private AccessEntry.@Nullable Bill bill() {
    String word = settlement;
    // A refused request may have a model without a settlement. The model may be the reason for the
    // refusal, so keep it in the log.
    return word == null && model == null
        ? null
        : new AccessEntry.Bill(model, tokens, cost, charge, word == null ? "-" : word);
  }
}
