package dev.tollgate.gateway.signal;

import dev.tollgate.gateway.ledger.Capture;
import dev.tollgate.gateway.ledger.Flag;
import dev.tollgate.gateway.ledger.ForwardingLedger;
import dev.tollgate.gateway.ledger.Ledger;
import dev.tollgate.gateway.ledger.Pending;
import dev.tollgate.gateway.ledger.Settled;
import dev.tollgate.gateway.metrics.Counter;
import dev.tollgate.gateway.metrics.MetricRegistry;
import java.time.Instant;
import java.util.concurrent.CompletionStage;

/**
 * Counts the settlements that another ledger has written, both at the end of a request and by the
 * reconciler. A repeated call is counted once.
 */
public final class CountingLedger extends ForwardingLedger {
  private final Counter charged;
  private final Counter cost;
  private final Counter charges;
  private final Counter releases;
  private final Counter pendings;
  private final Counter late;
  private final Counter unresolved;
  private final Counter estimated;

  /**
   * @param ledger the ledger that does the work
   * @param registry gets the metrics
   */
  public CountingLedger(Ledger ledger, MetricRegistry registry) {
    super(ledger);
    charged =
        registry.usdCounter("tollgate_charged_usd_total", "What projects were to be charged.");
    cost = registry.usdCounter("tollgate_cost_usd_total", "What the upstream charged for it.");
    charges = registry.counter("tollgate_settled_charged_total", "Holds that became a charge.");
    releases =
        registry.counter("tollgate_settled_released_total", "Holds that were given back in full.");
    pendings =
        registry.counter(
            "tollgate_settled_pending_total",
            "Requests whose cost was not known at their end and had to be asked for.");
    late =
        registry.counter(
            "tollgate_settled_late_total", "Second answers that came too late to be booked.");
    unresolved =
        registry.counter(
            "tollgate_unresolved_total", "Charges whose true cost was never found out.");
    estimated =
        registry.counter(
            "tollgate_estimated_total", "Charges computed from tokens, for want of a cost.");
  }

  @Override
  public CompletionStage<Settled> capture(Capture capture) {
    return super.capture(capture)
        .thenApply(
            settled -> {
              if (settled == Settled.DONE) {
                count(capture);
              } else if (settled == Settled.LATE) {
                late.increment();
              }
              return settled;
            });
  }

  private void count(Capture capture) {
    charges.increment();
    charged.add(capture.charge().nanos());
    cost.add(capture.cost().nanos());
    if (capture.flags().contains(Flag.UNRESOLVED)) {
      unresolved.increment();
    }
    if (capture.flags().contains(Flag.ESTIMATED)) {
      estimated.increment();
    }
  }

  @Override
  public CompletionStage<Settled> release(String holdId, boolean keepIdempotencyKey, Instant at) {
    return counted(super.release(holdId, keepIdempotencyKey, at), releases);
  }

  @Override
  public CompletionStage<Settled> pend(Pending pending) {
    return counted(super.pend(pending), pendings);
  }

  private static CompletionStage<Settled> counted(CompletionStage<Settled> stage, Counter counter) {
    return stage.thenApply(
        settled -> {
          if (settled == Settled.DONE) {
            counter.increment();
          }
          return settled;
        });
  }
}
