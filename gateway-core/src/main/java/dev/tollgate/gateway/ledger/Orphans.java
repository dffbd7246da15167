package dev.tollgate.gateway.ledger;

/**
 * What a gateway has taken over from others that are gone.
 *
 * @param open holds that were open: their gateway ended without settling them, by a crash
 * @param pending holds that were pending already: their gateway has stopped, whichever way, before
 *     it knew what they cost
 */
public record Orphans(int open, int pending) {
  /** There was nothing to take over. */
  public static final Orphans NONE = new Orphans(0, 0);
}
