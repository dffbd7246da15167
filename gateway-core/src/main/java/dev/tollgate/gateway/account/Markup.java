package dev.tollgate.gateway.account;

import java.math.BigDecimal;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The markup that a project pays on top of the upstream's cost.
 *
 * @param ppm parts per million of the cost, from 0 to {@link #MAX_PPM}; 100,000 is 10%
 */
public record Markup(long ppm) {
  /** No markup. */
  public static final Markup NONE = new Markup(0);

  /** The largest markup: ten times the cost, on top of the cost. */
  public static final long MAX_PPM = 10_000_000;

  private static final int PPM_DECIMALS = 6;
  private static final int PERCENT_DECIMALS = 4;
  private static final Pattern PERCENT = Pattern.compile("([0-9]{1,4}(?:\\.[0-9]{1,4})?)%");

  /** Checks the range. */
  public Markup {
    if (ppm < 0 || ppm > MAX_PPM) {
      throw new IllegalArgumentException("a markup must be from 0% to 1000%");
    }
  }

  /**
   * Parses a percentage with at most 4 decimals, such as {@code 10%}.
   *
   * @throws IllegalArgumentException if {@code percent} is not a percentage, or out of range
   */
  public static Markup parse(String percent) {
    Matcher matcher = PERCENT.matcher(percent);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "a markup must be a percentage with at most 4 decimals, such as 10%");
    }
    return new Markup(
        new BigDecimal(matcher.group(1)).movePointRight(PERCENT_DECIMALS).longValueExact());
  }

  /** The cost plus the markup, exact. */
  public BigDecimal on(BigDecimal cost) {
    return cost.multiply(BigDecimal.ONE.add(BigDecimal.valueOf(ppm, PPM_DECIMALS)));
  }

  /** A percentage, such as {@code 10%}. */
  @Override
  public String toString() {
    BigDecimal percent = BigDecimal.valueOf(ppm, PERCENT_DECIMALS).stripTrailingZeros();
    return percent.setScale(Math.max(percent.scale(), 0)).toPlainString() + "%";
  }
}
