package dev.tollgate.gateway.admin;

import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Reports.Baseline;
import dev.tollgate.gateway.ledger.Reports.Spending;
import java.math.BigDecimal;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The difference between the ledger and the upstream for one upstream key.
 *
 * @param since the start of the comparison; null: there is no baseline, and none could be taken
 * @param upstream the upstream's spending since then, in US dollars
 * @param captured the amount captured since then
 * @param charges the number of charges since then; each was rounded up to the nano-dollar
 * @param unsettled the number of requests that used the key and whose cost is not known yet
 * @param unresolved the number of charges ever made with the key that are a fallback because the
 *     true cost was never found
 * @param reason the reason why the upstream could not be asked; otherwise empty
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
  /** The result of a comparison. */
  public enum Result {
    /** Nothing was compared: the baseline was taken just now. */
    NEW_BASELINE,
    /** The ledger and the upstream agree. */
    SAME,
    /** The ledger and the upstream differ. */
    DRIFT,
    /** The upstream gave no figure. */
    NOT_ASKED
  }

  private static final int NANO_DECIMALS = 9;

  static Drift notCompared(Spending now, Result result, @Nullable Instant since, String reason) {
    return of(now, result, since, BigDecimal.ZERO, Money.ZERO, 0, reason);
  }

  /**
   * @param upstream the upstream's spending since the baseline
   */
  static Drift since(Baseline before, Spending now, BigDecimal upstream) {
    Money captured = now.captured().minus(before.captured());
    long charges = now.charges() - before.charges();
    Result result = compare(captured.dollars().subtract(upstream), charges);
    return of(now, result, before.at(), upstream, captured, charges, "");
  }

  private static Drift of(
      Spending now,
      Result result,
      @Nullable Instant since,
      BigDecimal upstream,
      Money captured,
      long charges,
      String reason) {
    String key = now.upstreamKeyId();
    long unsettled = now.unsettled();
    return new Drift(
        key, result, since, upstream, captured, charges, unsettled, now.unresolved(), reason);
  }

  /**
   * The captured amount minus the upstream's figure, in US dollars; negative if less was captured.
   */
  public BigDecimal difference() {
    return captured.dollars().subtract(upstream);
  }

  /** Whether the result needs no attention from the operator. */
  public boolean isHarmless() {
    return result == Result.NEW_BASELINE || result == Result.SAME;
  }

  /**
   * Compares a difference with the tolerance. Each charge may have been rounded up by less than a
   * nano-dollar. In the other direction, the upstream's floating-point sum may be off by less than
   * one nano-dollar in total.
   */
  private static Result compare(BigDecimal difference, long charges) {
    BigDecimal nanos = difference.movePointRight(NANO_DECIMALS);
    return nanos.compareTo(BigDecimal.ONE.negate()) > 0
            && nanos.compareTo(BigDecimal.valueOf(Math.max(charges, 1))) < 0
        ? Result.SAME
        : Result.DRIFT;
  }
}
