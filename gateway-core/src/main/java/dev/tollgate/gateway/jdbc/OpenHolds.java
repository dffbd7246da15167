package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.ledger.Fallback;
import dev.tollgate.gateway.ledger.Hold;
import dev.tollgate.gateway.ledger.HoldRequest;
import dev.tollgate.gateway.ledger.Money;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The holds that this node has placed, as it placed them, so that what ends one need not read it
 * first. It is a cache, not the truth: a change that relies on it writes on the condition that the
 * row still says the same, and forgets it otherwise. Of the thread that writes the ledger.
 */
final class OpenHolds {
  private static final int MAX = 100_000;

  private final Map<String, Hold> holds =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Hold> eldest) {
          // A hold whose commit was given up is never ended.
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

  /** The id of the upstream's answer is known. */
  void answered(String holdId, String generationId) {
    holds.computeIfPresent(
        holdId,
        (id, hold) -> hold.generationId() == null ? hold.withGeneration(generationId) : hold);
  }

  /** Whose hold it is; null: it is not known here. */
  @Nullable String projectOf(String holdId) {
    Hold hold = holds.get(holdId);
    return hold == null ? null : hold.request().projectId();
  }

  /** What is to be ended, which is not known here any more; null: it was not. */
  @Nullable Hold take(String holdId) {
    return holds.remove(holdId);
  }
}
