package dev.tollgate.gateway.ledger;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * A ledger that forwards every call to another ledger. Subclasses override the methods that they
 * observe or change. As thread-safe as the other ledger.
 */
public abstract class ForwardingLedger implements Ledger {
  private final Ledger ledger;

  /**
   * @param ledger receives every call
   */
  protected ForwardingLedger(Ledger ledger) {
    this.ledger = ledger;
  }

  @Override
  public ProjectTotals totals(String projectId) {
    return ledger.totals(projectId);
  }

  @Override
  public Money available(String projectId) {
    return ledger.available(projectId);
  }

  @Override
  public Spending spending(String projectId, @Nullable String keyId, Instant at) {
    return ledger.spending(projectId, keyId, at);
  }

  @Override
  public Optional<String> upstreamKeyOf(String projectId, String generationId) {
    return ledger.upstreamKeyOf(projectId, generationId);
  }

  @Override
  public CreditOutcome credit(Credit credit) {
    return ledger.credit(credit);
  }

  @Override
  public CompletionStage<HoldOutcome> hold(HoldRequest request) {
    return ledger.hold(request);
  }

  @Override
  public CompletionStage<Void> recordGeneration(String holdId, String generationId) {
    return ledger.recordGeneration(holdId, generationId);
  }

  @Override
  public CompletionStage<Settled> capture(Capture capture) {
    return ledger.capture(capture);
  }

  @Override
  public CompletionStage<Settled> release(String holdId, boolean keepIdempotencyKey, Instant at) {
    return ledger.release(holdId, keepIdempotencyKey, at);
  }

  @Override
  public Settled settle(String holdId, @Nullable Money charge, Instant at) {
    return ledger.settle(holdId, charge, at);
  }

  @Override
  public CompletionStage<Settled> pend(Pending pending) {
    return ledger.pend(pending);
  }

  @Override
  public Orphans adoptOrphans(Instant now) {
    return ledger.adoptOrphans(now);
  }

  @Override
  public List<Hold> due(Instant now, int limit) {
    return ledger.due(now, limit);
  }

  @Override
  public void defer(String holdId, Instant askedAt, Instant nextAskAt) {
    ledger.defer(holdId, askedAt, nextAskAt);
  }

  @Override
  public void hurry(String projectId, Instant now, Duration minGap) {
    ledger.hurry(projectId, now, minGap);
  }

  @Override
  public int putClocksRight(Instant now, Duration maxDelay) {
    return ledger.putClocksRight(now, maxDelay);
  }

  @Override
  public CompletionStage<Void> probe() {
    return ledger.probe();
  }
}
