package dev.tollgate.gateway.admin;

import dev.tollgate.gateway.ledger.Money;
import java.math.BigDecimal;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How far the books and the upstream are apart on one upstream key.
 *
 * @param since from when on both are compared; null: there is no baseline, and none could be taken
 * @param upstream what the upstream says was spent since then, in US dollars
 * @param captured what was captured since then
 * @param charges by so many charges, each rounded up to the nano-dollar
 * @param unsettled how many requests were sent with the key whose cost is not known yet
 * @param unresolved how many of all its charges are a fallback, because the true cost was never
 *     found out
 * @param reason why the upstream could not be asked; otherwise empty
 */
public record Drift(
    String upstreamKeyId,
    Result result,
    @Nullable Instant since,
    BigDecimal upstream,
    Money captured,
    long charges,
    long unsettled,
    long unresolved,
    String reason) {
  /** What the comparison says. */
  public enum Result {
    /** Nothing was compared: the baseline is of just now. */
    NEW_BASELINE,
    /** Both agree. */
    SAME,
    /** They do not. */
    DRIFT,
    /** The upstream did not say. */
    NOT_ASKED
  }

  private static final int NANO_DECIMALS = 9;

  /** What was captured beyond what the upstream says, in US dollars; below zero: less was. */
  public BigDecimal difference() {
    return BigDecimal.valueOf(captured.nanos(), NANO_DECIMALS).subtract(upstream);
  }

  /** Whether nobody has to look at this. */
  public boolean isHarmless() {
    return result == Result.NEW_BASELINE || result == Result.SAME;
  }

  /**
   * Each charge may have been rounded up by less than a nano-dollar. The other way, less than one
   * in all is how the upstream's floating point adds up.
   */
  static Result compare(BigDecimal difference, long charges) {
    BigDecimal nanos = difference.movePointRight(NANO_DECIMALS);
    return nanos.compareTo(BigDecimal.ONE.negate()) > 0
            && nanos.compareTo(BigDecimal.valueOf(Math.max(charges, 1))) < 0
        ? Result.SAME
        : Result.DRIFT;
  }
}
