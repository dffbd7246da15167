package dev.tollgate.gateway.exchange;

import dev.tollgate.gateway.account.Principal;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Tokens;
import dev.tollgate.gateway.metrics.ExchangeEnd;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What is measured and learned of one {@link Exchange}, for its log line and the metrics. Written
 * by one thread at a time, read by any.
 */
public final class ExchangeStats {
  private final @Nullable String traceId;
  private final String client;
  // Null where a route was found.
  private final @Nullable Asked asked;
  private final long startNanos = System.nanoTime();
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

  ExchangeStats(@Nullable String traceId, String client, @Nullable Asked asked) {
    this.traceId = traceId;
    this.client = client;
    this.asked = asked;
  }

  /** How long the exchange has taken. */
  long nanos() {
    return System.nanoTime() - startNanos;
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
    // What was asked for is worth knowing where it was refused for that very reason.
    return word == null && model == null
        ? null
        : new AccessEntry.Bill(model, tokens, cost, charge, word == null ? "-" : word);
  }
}
