package dev.tollgate.gateway.account;

import java.math.BigDecimal;

/** The decimal text of an amount of US dollars that is counted in nano-dollars. Stateless. */
public final class Dollars {
  private static final int DECIMALS = 9;
  private static final int FEWEST_DECIMALS = 2;

  private Dollars() {}

  /**
   * Parses a decimal number of dollars, such as {@code 5}, {@code 10.00} or {@code -0.000000001}.
   *
   * @return nano-dollars
   * @throws IllegalArgumentException if {@code text} is not such a number, has more than 9 decimals
   *     or is beyond about 9.2 billion
   */
  public static long parse(String text) {
    if (!text.matches("[+-]?[0-9]{1,12}(\\.[0-9]{1,9})?")) {
      throw new IllegalArgumentException(
          "an amount must be a decimal number of US dollars with at most 9 decimals, such as"
              + " 10.00");
    }
    try {
      return new BigDecimal(text).movePointRight(DECIMALS).longValueExact();
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException("an amount must be below 9,223,372,036 US dollars", e);
    }
  }

  /** A decimal number with 2 to 9 decimals, such as {@code 5.00}. */
  public static String format(long nanos) {
    BigDecimal shortest = BigDecimal.valueOf(nanos, DECIMALS).stripTrailingZeros();
    return shortest.setScale(Math.max(shortest.scale(), FEWEST_DECIMALS)).toPlainString();
  }
}
