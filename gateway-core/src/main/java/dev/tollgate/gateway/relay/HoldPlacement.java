package dev.tollgate.gateway.relay;

import dev.tollgate.gateway.flavor.GatewayError;
import dev.tollgate.gateway.ledger.EndUser;
import dev.tollgate.gateway.ledger.HoldOutcome;
import dev.tollgate.gateway.ledger.HoldRequest;
import dev.tollgate.gateway.ledger.Period;
import dev.tollgate.gateway.meter.ModelPrice;
import dev.tollgate.gateway.meter.Quote;
import dev.tollgate.gateway.meter.RequestSketch;
import dev.tollgate.gateway.upstream.EndpointPrices;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Placement of a request's hold: it estimates the cost and asks the ledger to hold that amount.
 * Where the upstream lets the client choose among a model's endpoints, it reads the prices of the
 * endpoints first.
 */
final class HoldPlacement {
  /** Advised to a client whose hold was not placed. */
  static final int RETRY_AFTER_SECONDS = 2;

  private final String id;
  private final Billing billing;
  private final Payer payer;
  private final RequestSketch sketch;
  private volatile boolean givenUp;

  HoldPlacement(String id, Billing billing, Payer payer, RequestSketch sketch) {
    this.id = id;
    this.billing = billing;
    this.payer = payer;
    this.sketch = sketch;
  }

  /** Prevents the hold, unless the ledger has already been asked for it. */
  void giveUp() {
    givenUp = true;
  }

  /**
   * Places the hold. The result completes on any thread, and fails if the ledger or the prices
   * fail.
   */
  CompletionStage<HoldAnswer> place() {
    Optional<GatewayError> refusal = billing.limits().refusal(payer.project(), sketch);
    if (refusal.isPresent()) {
      return refused(refusal.get());
    }
    EndpointPrices endpoints = billing.endpoints();
    if (endpoints == null || sketch.unbounded() != null) {
      return quote(Map.of());
    }
    List<String> priced = sketch.models().stream().filter(billing.meter()::isPriced).toList();
    return endpoints.dearest(priced, sketch.provider()).thenCompose(this::quote);
  }

  private static CompletionStage<HoldAnswer> refused(GatewayError error) {
    return CompletableFuture.completedFuture(new HoldAnswer.Refused(error));
  }

  private CompletionStage<HoldAnswer> quote(Map<String, Optional<ModelPrice>> endpointPrices) {
    if (givenUp) {
      // A retry with the same idempotency key must not find a hold of this request.
      return refused(GatewayError.unavailable(RETRY_AFTER_SECONDS));
    }
    Quote quote =
        billing.meter().quote(sketch, payer.kind(), payer.project().markup(), endpointPrices);
    if (quote instanceof Quote.Unbounded unbounded) {
      return refused(GatewayError.malformed(unbounded.why()));
    }
    return quote instanceof Quote.Estimated estimated
        ? hold(estimated)
        : refused(GatewayError.unavailable(RETRY_AFTER_SECONDS));
  }

  private CompletionStage<HoldAnswer> hold(Quote.Estimated quote) {
    Instant now = billing.now();
    HoldRequest request =
        new HoldRequest(
            id,
            payer.project().id(),
            payer.principal().key().id(),
            quote.amount(),
            billing.meter().mode(),
            payer.project().markup(),
            sketch.model(),
            payer.endUser().isEmpty() ? EndUser.of(sketch.endUser()) : payer.endUser(),
            payer.upstreamKeyId(),
            payer.idempotencyKey(),
            billing.limits().ofHold(payer.principal(), sketch),
            quote.promptEstimate(),
            quote.free(),
            now);
    return billing
        .ledger()
        .hold(request)
        .thenApply(
            outcome ->
                outcome instanceof HoldOutcome.Held held
                    ? new HoldAnswer.Placed(quote, held.amount())
                    : new HoldAnswer.Refused(refusal(outcome, now)));
  }

  /**
   * @param at when the hold was requested; the day may have changed since
   */
  private GatewayError refusal(HoldOutcome outcome, Instant at) {
    if (outcome instanceof HoldOutcome.Insufficient || outcome instanceof HoldOutcome.CapReached) {
      // Pending holds may hold more than their cost.
      billing.refusedForMoney().accept(payer.project().id());
    }
    if (outcome instanceof HoldOutcome.Insufficient insufficient) {
      return GatewayError.insufficientBalance(insufficient.balance().available());
    }
    if (outcome instanceof HoldOutcome.Duplicate duplicate) {
      return GatewayError.duplicateRequest(duplicate.holdId());
    }
    if (outcome instanceof HoldOutcome.CapReached reached) {
      return GatewayError.spendingLimit(reached.period(), reached.period().end(at).orElse(null));
    }
    return outcome instanceof HoldOutcome.TooManyFree
        ? GatewayError.rateLimited(Duration.between(at, Period.DAILY.end(at).orElseThrow()))
        : GatewayError.tooManyAtOnce();
  }
}
