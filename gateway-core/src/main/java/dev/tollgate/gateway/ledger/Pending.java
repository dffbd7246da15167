package dev.tollgate.gateway.ledger;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The request is over, its cost is not known yet.
 *
 * @param holdId whose hold goes on
 * @param amount what is to be held from now on; the hold is only ever made smaller
 * @param fallback what is charged if the cost is never found
 * @param reason why, in a word: {@code client_gone}, {@code upstream_failed} ...
 * @param generationId the upstream's id of the answer; null: the one that was recorded, if any
 * @param askAfter how long from {@code at} the cost is asked for the first time
 */
public record Pending(
    String holdId,
    Money amount,
    Fallback fallback,
    String reason,
    @Nullable String generationId,
    Instant at,
    Duration askAfter) {
  /** With an estimate as what is charged if the cost is never found. */
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
