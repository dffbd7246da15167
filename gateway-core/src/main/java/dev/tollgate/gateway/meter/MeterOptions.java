package dev.tollgate.gateway.meter;

import dev.tollgate.gateway.ledger.HoldMode;
import dev.tollgate.gateway.ledger.Money;

/**
 * How requests are priced before and after the answer.
 *
 * @param mode how much of the estimate must be available before a request is sent
 * @param defaultOutputTokens the expected output of a request without a bound, in {@link
 *     HoldMode#BOUNDED}; more than zero
 * @param unknownHold the hold in {@link HoldMode#BOUNDED} if no price is known; more than zero
 * @param maxCost the largest plausible cost of one request
 * @param unresolved the charge if the cost was never found
 * @param generations whether the upstream can be asked for the cost of a generation
 */
public record MeterOptions(
    HoldMode mode,
    long defaultOutputTokens,
    Money unknownHold,
    Money maxCost,
    Unresolved unresolved,
    boolean generations) {
  /** The charge if the cost was never found. */
  public enum Unresolved {
    /** An estimate for the delivered output; zero if nothing was delivered. */
    ESTIMATE,
    /** The amount held. */
    HOLD,
    /** Nothing. */
    RELEASE
  }

  /** The options of an installation without settings. */
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
