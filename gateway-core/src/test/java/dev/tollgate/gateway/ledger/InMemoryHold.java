package dev.tollgate.gateway.ledger;

import dev.tollgate.gateway.ledger.Hold.State;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** What becomes of a request in {@link InMemoryLedger}. Guarded by its lock. */
final class InMemoryHold {
  final HoldRequest request;
  final InMemoryProject project;
  final Money placed;
  State state = State.OPEN;
  Money amount = Money.ZERO;
  Fallback fallback;
  String reason = "";
  @Nullable String generationId;
  @Nullable Instant pendingAt;
  int attempts;
  @Nullable Instant askedAt;
  @Nullable Instant nextAskAt;

  InMemoryHold(HoldRequest request, InMemoryProject project, Money placed) {
    this.request = kept(request);
    this.project = project;
    this.placed = placed;
    this.fallback = Fallback.estimate(request.promptEstimate());
    hold(placed);
    project.open++;
  }

  /** A ledger does not keep what mattered only when the hold was placed. */
  private static HoldRequest kept(HoldRequest request) {
    return new HoldRequest(
        request.id(),
        request.projectId(),
        request.keyId(),
        request.amount(),
        request.mode(),
        request.markup(),
        request.model(),
        request.endUser(),
        request.upstreamKeyId(),
        request.idempotencyKey(),
        HoldLimits.NONE,
        Money.ZERO,
        false,
        request.at());
  }

  boolean hasEnded() {
    return state == State.CAPTURED || state == State.RELEASED;
  }

  private void hold(Money instead) {
    project.all.hold(instead, amount);
    project.key(request.keyId()).hold(instead, amount);
    amount = instead;
  }

  private void become(State next) {
    project.open -= state == State.OPEN ? 1 : 0;
    state = next;
  }

  void end(State end) {
    hold(Money.ZERO);
    become(end);
    nextAskAt = null;
  }

  void pend(Pending pending) {
    become(State.PENDING);
    hold(amount.min(pending.amount()).max(Money.ZERO));
    fallback = pending.fallback();
    reason = pending.reason();
    generationId = generationId == null ? pending.generationId() : generationId;
    pendingAt = pending.at();
    nextAskAt = pending.at().plus(pending.askAfter());
  }

  boolean isDue(Instant now) {
    return nextAskAt != null && !nextAskAt.isAfter(now);
  }

  /** See {@link Ledger#hurry}. */
  void hurry(Instant now, Duration minGap) {
    boolean waits = nextAskAt != null && nextAskAt.isAfter(now);
    boolean asked = askedAt != null && askedAt.isAfter(now.minus(minGap));
    if (waits && !asked) {
      nextAskAt = now;
    }
  }

  int putRight(Instant now, Duration maxDelay) {
    int ahead = 0;
    if (isFuture(nextAskAt, now.plus(maxDelay))) {
      nextAskAt = now;
      ahead++;
    }
    if (isFuture(pendingAt, now)) {
      pendingAt = now;
      ahead++;
    }
    if (isFuture(askedAt, now)) {
      askedAt = now;
      ahead++;
    }
    return ahead;
  }

  static boolean isFuture(@Nullable Instant at, Instant now) {
    return at != null && at.isAfter(now.plus(Ledger.CLOCK_SKEW));
  }

  Hold asHold() {
    return new Hold(
        request,
        state,
        placed,
        amount,
        fallback,
        reason,
        generationId,
        pendingAt,
        attempts,
        nextAskAt);
  }
}
