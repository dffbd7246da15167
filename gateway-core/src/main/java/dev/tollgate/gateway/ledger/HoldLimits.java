package dev.tollgate.gateway.ledger;

import dev.tollgate.gateway.account.SpendingCaps;

/**
 * What a request is kept to, over all nodes, beside the balance.
 *
 * @param maxOpen how many of the project's holds may be open, this one among them; 0: any number
 * @param maxFreeOfDay how many requests for free models the project may make in a day of UTC, this
 *     one among them; 0: this one is for no such model. One whose hold is released stays counted
 * @param project what the project may spend
 * @param key what may be spent with the key
 */
public record HoldLimits(int maxOpen, int maxFreeOfDay, SpendingCaps project, SpendingCaps key) {
  /** To nothing. */
  public static final HoldLimits NONE = new HoldLimits(0, 0, SpendingCaps.NONE, SpendingCaps.NONE);
}
