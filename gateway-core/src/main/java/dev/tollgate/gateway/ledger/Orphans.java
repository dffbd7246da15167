package dev.tollgate.gateway.ledger;

/**
 * The number of holds that a gateway has taken over from gateways that are gone.
 *
 * @param open holds that were open: their gateway crashed before it settled them
 * @param pending holds that were already pending: their gateway stopped or crashed before it found
 *     their cost
 */
public record Orphans(int open, int pending) {
  /** Nothing was taken over. */
  public static final Orphans NONE = new Orphans(0, 0);
}
