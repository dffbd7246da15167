package dev.tollgate.gateway.ledger;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A hold as the books have it.
 *
 * @param request what was asked for; without its limits and its prompt estimate, and not free:
 *     those mattered only then
 * @param placed what was held at first
 * @param amount what is held now; zero once it has ended
 * @param fallback see {@link Pending#fallback}
 * @param reason why it is pending; empty if it never was
 * @param generationId the upstream's id of the answer, once it is known
 * @param pendingAt since when it has been pending; null: it never was
 * @param attempts how often the cost has been asked for
 * @param nextAskAt when it is asked for next; null: it is not pending
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
  /** The states: open, perhaps pending, then one of the other two for good. */
  public enum State {
    /** The request is on its way. */
    OPEN,
    /** The request is over, its cost is not known yet. */
    PENDING,
    /** It was charged; the amount may be zero. */
    CAPTURED,
    /** Nothing was charged. */
    RELEASED
  }

  /** The same, answered. */
  public Hold withGeneration(String id) {
    return new Hold(
        request, state, placed, amount, fallback, reason, id, pendingAt, attempts, nextAskAt);
  }

  /** The id of the request. */
  public String id() {
    return request.id();
  }
}
