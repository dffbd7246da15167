package dev.tollgate.gateway.ledger;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A hold as stored in the ledger.
 *
 * @param request the request. Its limits and its prompt estimate are not stored, and it reads as
 *     not free: only placing the hold needs them
 * @param placed the amount held at first
 * @param amount the amount held now; zero once the hold has ended
 * @param fallback see {@link Pending#fallback}
 * @param reason why the hold is pending; empty if it never was
 * @param generationId the upstream's id of the answer; null: not known yet
 * @param pendingAt when the hold became pending; null: it never was
 * @param attempts how many times the upstream was asked for the cost
 * @param nextAskAt when the upstream is asked for the cost next; null: the hold is not pending
 */
public record Hold(
    HoldRequest request,
    State state,
    Money placed,
    Money amount,
    Fallback fallback,
    String reason,
    @Nullable String generationId,
    @Nullable Instant pendingAt,
    int attempts,
    @Nullable Instant nextAskAt) {
  /** The states: open, then perhaps pending, then captured or released, which are final. */
  public enum State {
    /** The request is in progress. */
    OPEN,
    /** The request has ended, but its cost is not known yet. */
    PENDING,
    /** The request was charged; the amount may be zero. */
    CAPTURED,
    /** Nothing was charged. */
    RELEASED
  }

  /** A copy with the id of the answer. */
  public Hold withGeneration(String id) {
    return new Hold(
        request, state, placed, amount, fallback, reason, id, pendingAt, attempts, nextAskAt);
  }

  /** The id of the request. */
  public String id() {
    return request.id();
  }
}
