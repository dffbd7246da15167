package dev.tollgate.gateway.meter;

import dev.tollgate.gateway.ledger.HoldMode;
import dev.tollgate.gateway.ledger.Money;

/**
 * How requests are priced before and after the answer.
 *
 * @param mode how much of the estimate must be there before a request is sent
 * @param defaultOutputTokens what a request that names no bound is expected to produce, in {@link
 *     HoldMode#BOUNDED}; more than zero
 * @param unknownHold what is held in {@link HoldMode#BOUNDED} where there is no price to reckon
 *     with; more than zero
 * @param maxCost the largest cost of one request that is believed
 * @param unresolved what is charged when the cost was never found out
 * @param generations whether the upstream can be asked what a generation cost
 */
public record MeterOptions(
    HoldMode mode,
    long defaultOutputTokens,
    Money unknownHold,
    Money maxCost,
    Unresolved unresolved,
    boolean generations) {
  /** What is charged when the cost was never found out. */
  public enum Unresolved {
    /** An estimate of what was delivered; nothing where nothing was. */
    ESTIMATE,
    /** What was held. */
    HOLD,
    /** Nothing. */
    RELEASE
  }

  /** What an installation that sets nothing has. */
  public static MeterOptions defaults() {
    return new MeterOptions(
        HoldMode.BOUNDED,
        4096,
        Money.parse("0.10"),
        Money.parse("1000"),
        Unresolved.ESTIMATE,
        true);
  }
}
