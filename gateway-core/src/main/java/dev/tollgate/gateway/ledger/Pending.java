package dev.tollgate.gateway.ledger;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The pending state of a hold: the request has ended, but its cost is not known yet.
 *
 * @param holdId the hold
 * @param amount the amount to hold from now on; a hold is only ever reduced
 * @param fallback the charge if the cost is never found
 * @param reason why, in one word: {@code client_gone}, {@code upstream_failed} ...
 * @param generationId the upstream's id of the answer; null: the recorded id, if any
 * @param askAfter the delay from {@code at} until the upstream is first asked for the cost
 */
public record Pending(
    String holdId,
    Money amount,
    Fallback fallback,
    String reason,
    @Nullable String generationId,
    Instant at,
    Duration askAfter) {
  /** A pending hold with an estimate as its fallback. */
  public Pending(
      String holdId,
      Money amount,
      Money estimate,
      String reason,
      @Nullable String generationId,
      Instant at,
      Duration askAfter) {
    this(holdId, amount, Fallback.estimate(estimate), reason, generationId, at, askAfter);
  }
}
