package dev.tollgate.gateway.relay;

import dev.tollgate.gateway.exchange.Exchange;
import dev.tollgate.gateway.flavor.GatewayError;
import dev.tollgate.gateway.ledger.Fallback;
import dev.tollgate.gateway.ledger.HoldMode;
import dev.tollgate.gateway.ledger.HoldOutcome;
import dev.tollgate.gateway.ledger.HoldRequest;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Pending;
import dev.tollgate.gateway.ledger.Period;
import dev.tollgate.gateway.meter.Ending;
import dev.tollgate.gateway.meter.ModelPrice;
import dev.tollgate.gateway.meter.Quote;
import dev.tollgate.gateway.meter.RequestSketch;
import dev.tollgate.gateway.meter.UsageTap;
import dev.tollgate.gateway.meter.Verdict;
import dev.tollgate.gateway.upstream.EndpointPrices;
import dev.tollgate.gateway.upstream.UpstreamHead;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The money of an exchange that the upstream charges for.
 *
 * <pre>
 *   hold -> HELD, the request may be sent -> SETTLED, by the first settle()
 *     `---> refused, by the ledger or given up; a hold that comes later is released
 *
 * Failed ledger calls are retried with back-off until the gateway is closed; then the hold is left
 * to the node that adopts it.
 * </pre>
 *
 * The tap is fed by the pump and read by whoever settles, both under this object's monitor, which
 * is never held over a call to the ledger.
 */
final class MeteredSettlement implements Settlement {
  private static final Logger LOG = System.getLogger(MeteredSettlement.class.getName());

  private static final int RETRY_AFTER_SECONDS = 2;
  private static final Duration FIRST_RETRY = Duration.ofSeconds(1);
  private static final Duration LAST_RETRY = Duration.ofMinutes(1);
  private static final String GENERATION_ID = "X-Generation-Id";
  private static final int MAX_GENERATION_ID_CHARACTERS = 200;

  private final Exchange exchange;
  private final Billing billing;
  private final Payer payer;
  private final AtomicBoolean answeredHold = new AtomicBoolean();
  private volatile @Nullable HoldListener waiting;

  // Written before the request is sent.
  private volatile Quote.@Nullable Estimated quote;
  private volatile @Nullable Money held;
  private volatile boolean asksForStream;

  // So that the pieces that follow the first one need no lock to find it done.
  private volatile boolean begun;

  // Guarded by this.
  private boolean sent;
  private @Nullable UsageTap tap;
  private @Nullable String generationId;
  private int status;
  private boolean contentSeen;
  private @Nullable CompletionStage<?> settled;

  MeteredSettlement(Exchange exchange, Billing billing, Payer payer) {
    this.exchange = exchange;
    this.billing = billing;
    this.payer = payer;
  }

  @Override
  public void hold(byte[] body, HoldListener listener) {
    try {
      read(body, listener);
    } catch (RuntimeException | Error e) {
      failHold(listener, e);
    }
  }

  /** An OutOfMemoryError, too: the client must not wait for an answer that never comes. */
  private void failHold(HoldListener listener, Throwable failure) {
    LOG.log(Level.ERROR, exchange.id() + ": no hold can be placed", failure);
    refuseHold(listener, GatewayError.unavailable(RETRY_AFTER_SECONDS));
  }

  private void read(byte[] body, HoldListener listener) {
    RequestSketch sketch = RequestSketch.of(body, payer.kind(), payer.contentEncoding());
    asksForStream = sketch.stream();
    exchange.setModel(sketch.model());
    Optional<GatewayError> refusal = billing.limits().refusal(payer.project(), sketch);
    if (refusal.isPresent()) {
      refuseHold(listener, refusal.get());
      return;
    }
    EndpointPrices endpoints = billing.endpoints();
    if (endpoints == null || sketch.unbounded() != null) {
      hold(sketch, Map.of(), listener);
    } else {
      waiting = listener;
      List<String> priced = sketch.models().stream().filter(billing.meter()::isPriced).toList();
      var unused =
          endpoints
              .dearest(priced, sketch.provider())
              .whenComplete((prices, failure) -> onPrices(prices, failure, sketch, listener));
    }
  }

  private void onPrices(
      @Nullable Map<String, Optional<ModelPrice>> prices,
      @Nullable Throwable failure,
      RequestSketch sketch,
      HoldListener listener) {
    if (prices == null) {
      LOG.log(Level.WARNING, "{0}: no price: {1}", exchange.id(), String.valueOf(failure));
      refuseHold(listener, GatewayError.unavailable(RETRY_AFTER_SECONDS));
    } else if (!answeredHold.get()) {
      try {
        hold(sketch, prices, listener);
      } catch (RuntimeException | Error e) {
        failHold(listener, e);
      }
    }
  }

  private void hold(
      RequestSketch sketch,
      Map<String, Optional<ModelPrice>> endpointPrices,
      HoldListener listener) {
    Quote quoted =
        billing.meter().quote(sketch, payer.kind(), payer.project().markup(), endpointPrices);
    if (quoted instanceof Quote.Unbounded unbounded) {
      refuseHold(listener, GatewayError.malformed(unbounded.why()));
    } else if (quoted instanceof Quote.Estimated estimated) {
      quote = estimated;
      hold(estimated, sketch, listener);
    } else {
      refuseHold(listener, GatewayError.unavailable(RETRY_AFTER_SECONDS));
    }
  }

  private void hold(Quote.Estimated estimated, RequestSketch sketch, HoldListener listener) {
    HoldRequest request =
        new HoldRequest(
            exchange.id(),
            payer.project().id(),
            payer.principal().key().id(),
            estimated.amount(),
            billing.meter().mode(),
            payer.project().markup(),
            sketch.model(),
            payer.upstreamKeyId(),
            payer.idempotencyKey(),
            billing.limits().ofHold(payer.principal(), sketch),
            estimated.promptEstimate(),
            estimated.free(),
            now());
    long askedAtNanos = System.nanoTime();
    waiting = listener;
    var unused =
        billing
            .ledger()
            .hold(request)
            .whenComplete(
                (outcome, failure) ->
                    onHold(outcome, failure, request.at(), askedAtNanos, listener));
  }

  @Override
  public void giveUpHold() {
    HoldListener listener = waiting;
    if (listener != null) {
      refuseHold(listener, GatewayError.unavailable(RETRY_AFTER_SECONDS));
    }
  }

  /** Once true; then the listener, which has the request's body, is let go. */
  private boolean answersHold() {
    waiting = null;
    return answeredHold.compareAndSet(false, true);
  }

  private void refuseHold(HoldListener listener, GatewayError error) {
    if (answersHold()) {
      listener.onRefused(error);
    }
  }

  private void onHold(
      @Nullable HoldOutcome outcome,
      @Nullable Throwable failure,
      Instant askedAt,
      long askedAtNanos,
      HoldListener listener) {
    if (outcome instanceof HoldOutcome.Held placed) {
      held = placed.amount();
      // By the clock that goes on while the process is paused: somebody else may have settled it.
      boolean inTime = System.nanoTime() - askedAtNanos < TimeLimits.MAX_HOLDING.toNanos();
      if (inTime && answersHold()) {
        listener.onHeld();
      } else {
        refuseHold(listener, GatewayError.unavailable(RETRY_AFTER_SECONDS));
        var unused = settle(Ending.Cause.FAILED);
      }
    } else if (outcome != null) {
      refuseHold(listener, refusal(outcome, askedAt));
    } else {
      LOG.log(Level.WARNING, "{0}: no hold: {1}", exchange.id(), String.valueOf(failure));
      refuseHold(listener, GatewayError.unavailable(RETRY_AFTER_SECONDS));
    }
  }

  /**
   * @param at when it was asked for: by now the day may be another
   */
  private GatewayError refusal(HoldOutcome outcome, Instant at) {
    if (outcome instanceof HoldOutcome.Insufficient || outcome instanceof HoldOutcome.CapReached) {
      // Pending holds may keep more than their cost.
      billing.refusedForMoney().accept(payer.project().id());
    }
    if (outcome instanceof HoldOutcome.Insufficient insufficient) {
      return GatewayError.insufficientBalance(insufficient.balance().available());
    }
    if (outcome instanceof HoldOutcome.Duplicate duplicate) {
      return GatewayError.duplicateRequest(duplicate.holdId());
    }
    if (outcome instanceof HoldOutcome.CapReached reached) {
      return GatewayError.spendingLimit(reached.period(), reached.period().end(at));
    }
    return outcome instanceof HoldOutcome.TooManyFree
        ? GatewayError.rateLimited(Duration.between(at, Period.DAILY.end(at)))
        : GatewayError.tooManyAtOnce();
  }

  @Override
  public synchronized boolean send() {
    sent = settled == null;
    return sent;
  }

  @Override
  public synchronized void neverSent() {
    sent = false;
  }

  @Override
  public boolean asksForStream() {
    return asksForStream;
  }

  @Override
  public synchronized void answered(UpstreamHead head) {
    sent = true;
    status = head.status();
    String id = head.value(GENERATION_ID);
    if (billing.meter().asksForGenerations()
        && id != null
        && !id.isBlank()
        && id.length() <= MAX_GENERATION_ID_CHARACTERS) {
      generationId = id;
    }
    tap =
        billing
            .meter()
            .tap(payer.kind(), head.value("Content-Type"), head.value("Content-Encoding"));
  }

  @Override
  public void begun() {
    if (begun) {
      return;
    }
    String id;
    synchronized (this) {
      // Where the whole answer is here already, the id goes with the capture.
      id = settled == null && !begun ? generationId : null;
      begun = true;
    }
    if (id != null) {
      var unused = billing.ledger().recordGeneration(exchange.id(), id);
    }
  }

  @Override
  public synchronized void read(ByteBuffer bytes) {
    UsageTap current = tap;
    if (current != null && settled == null) {
      try {
        current.feed(bytes);
        noteGeneration(current);
        if (!contentSeen && current.hasContent()) {
          contentSeen = true;
          exchange.noteContent();
        }
      } catch (RuntimeException e) {
        // The relay goes on whatever the tap does; the cost is asked for afterwards.
        LOG.log(Level.ERROR, exchange.id() + ": the usage cannot be read", e);
        tap = null;
      }
    }
  }

  /** Where the header named no generation, the body may. Guarded by this. */
  private void noteGeneration(UsageTap current) {
    if (generationId == null && billing.meter().asksForGenerations()) {
      generationId = current.generationId().orElse(null);
      if (generationId != null && begun) {
        var unused = billing.ledger().recordGeneration(exchange.id(), generationId);
      }
    }
  }

  @Override
  public CompletionStage<?> settle(Ending.Cause cause) {
    Quote.Estimated quoted = quote;
    Money amount = held;
    if (quoted == null || amount == null) {
      // Nothing is held. Should something be by and by, it is given back.
      return CompletableFuture.completedFuture(null);
    }
    CompletableFuture<Object> promise = new CompletableFuture<>();
    Ending ending;
    synchronized (this) {
      if (settled != null) {
        return settled;
      }
      settled = promise;
      ending = ending(cause);
    }
    Verdict verdict;
    try {
      verdict = billing.meter().verdict(quoted, amount, payer.project().markup(), ending);
      note(verdict, amount);
    } catch (RuntimeException e) {
      LOG.log(Level.ERROR, exchange.id() + ": the cost cannot be computed", e);
      // Leave it pending; the reconciler asks the upstream, or gives up.
      verdict = new Verdict.Await(amount, Fallback.estimate(amount));
    }
    settle(verdict, ending, promise, FIRST_RETRY);
    return promise;
  }

  private void settle(
      Verdict verdict, Ending ending, CompletableFuture<Object> promise, Duration retry) {
    CompletionStage<?> call;
    try {
      call = tell(verdict, ending);
    } catch (RuntimeException e) {
      call = CompletableFuture.failedFuture(e);
    }
    var unused =
        call.whenComplete(
            (done, failure) -> {
              if (failure == null) {
                billing.balances().settled(payer.project());
                promise.complete(true);
                return;
              }
              LOG.log(Level.ERROR, exchange.id() + ": not settled yet", failure);
              Duration doubled = retry.multipliedBy(2);
              Duration next = doubled.compareTo(LAST_RETRY) < 0 ? doubled : LAST_RETRY;
              try {
                var unusedTask =
                    billing
                        .timer()
                        .schedule(
                            () -> settle(verdict, ending, promise, next),
                            retry.toMillis(),
                            TimeUnit.MILLISECONDS);
              } catch (RejectedExecutionException e) {
                // The gateway is being closed: the hold is left to whoever adopts it.
                promise.complete(false);
              }
            });
  }

  private Ending ending(Ending.Cause cause) {
    UsageTap current = tap;
    if (current != null) {
      current.end();
    }
    return new Ending(
        cause, sent, status, generationId, current == null ? null : current.reading());
  }

  private CompletionStage<?> tell(Verdict verdict, Ending ending) {
    if (verdict instanceof Verdict.Charge charge) {
      return billing.ledger().capture(charge.of(exchange.id(), ending.generationId(), now()));
    }
    if (verdict instanceof Verdict.Await await) {
      return billing
          .ledger()
          .pend(
              new Pending(
                  exchange.id(),
                  await.amount(),
                  await.fallback(),
                  ending.cause().name().toLowerCase(Locale.ROOT),
                  ending.generationId(),
                  now(),
                  billing.askAfter()));
    }
    // The upstream bills nothing, so a retry with the same idempotency key must work.
    return billing.ledger().release(exchange.id(), false, now());
  }

  private void note(Verdict verdict, Money amount) {
    if (verdict instanceof Verdict.Charge charge) {
      String model = charge.model();
      if (model != null) {
        exchange.setModel(model);
      }
      // In strict that is what the ledger charges at most.
      boolean strict = billing.meter().mode() == HoldMode.STRICT;
      Money charged = strict ? charge.charge().min(amount) : charge.charge();
      exchange.setCharge(charge.cost(), charged, charge.tokens());
    } else {
      exchange.setNoCharge(verdict instanceof Verdict.Await ? "pending" : "none");
    }
  }

  private Instant now() {
    return billing.clock().instant().truncatedTo(ChronoUnit.MILLIS);
  }
}
