package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.ledger.Fallback;
import dev.tollgate.gateway.ledger.Hold;
import dev.tollgate.gateway.ledger.HoldRequest;
import dev.tollgate.gateway.ledger.Money;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A cache of the holds that this node has placed, so that ending a hold need not read it first. A
 * change that relies on the cache writes only if the row still matches. Otherwise it discards the
 * cached hold. Used only by the thread that writes the ledger.
 */
final class OpenHolds {
  private static final int MAX = 100_000;

  private final Map<String, Hold> holds =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Hold> eldest) {
          // Bounded: a hold whose commit was abandoned is never ended.
          return size() > MAX;
        }
      };

  void placed(HoldRequest request, Money amount) {
    holds.put(
        request.id(),
        new Hold(
            request,
            Hold.State.OPEN,
            amount,
            amount,
            Fallback.estimate(request.promptEstimate()),
            "",
            null,
            null,
            0,
            null));
  }

  /** Records the id of the upstream's answer. */
  void answered(String holdId, String generationId) {
    holds.computeIfPresent(
        holdId,
        (id, hold) -> hold.generationId() == null ? hold.withGeneration(generationId) : hold);
  }

  /** The project of a hold; null: the hold is not cached. */
  @Nullable String projectOf(String holdId) {
    Hold hold = holds.get(holdId);
    return hold == null ? null : hold.request().projectId();
  }

  /** Removes and returns a hold that is about to end; null: the hold is not cached. */
  @Nullable Hold take(String holdId) {
    return holds.remove(holdId);
  }
}
