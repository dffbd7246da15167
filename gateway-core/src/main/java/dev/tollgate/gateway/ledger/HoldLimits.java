package dev.tollgate.gateway.ledger;

import dev.tollgate.gateway.account.SpendingCaps;

/**
 * Limits on a request in addition to the balance. They hold across all nodes.
 *
 * @param maxOpen how many holds of the project may be open, including this one; 0: no limit
 * @param maxFreeOfDay how many requests for free models the project may make in a UTC day,
 *     including this one; 0: this request is not for a free model. A released hold still counts
 * @param project the spending caps of the project
 * @param key the spending caps of the key
 */
public record HoldLimits(int maxOpen, int maxFreeOfDay, SpendingCaps project, SpendingCaps key) {
  /** No limits. */
  public static final HoldLimits NONE = new HoldLimits(0, 0, SpendingCaps.NONE, SpendingCaps.NONE);
}
