package dev.tollgate.gateway.ledger;

import dev.tollgate.gateway.account.Dollars;
import java.math.BigDecimal;
import java.math.RoundingMode;

/**
 * An amount of US dollars, exact to the nano-dollar. Arithmetic throws {@link ArithmeticException}
 * rather than overflow.
 *
 * @param nanos billionths of a US dollar; may be negative
 */
public record Money(long nanos) implements Comparable<Money> {
  /** Zero dollars. */
  public static final Money ZERO = new Money(0);

  /** The largest possible amount. */
  public static final Money MOST = new Money(Long.MAX_VALUE);

  private static final int DECIMALS = 9;

  /**
   * Parses a decimal number of dollars, such as {@code 5}, {@code 10.00} or {@code -0.000000001}.
   *
   * @throws IllegalArgumentException if {@code dollars} is not such a number, has more than 9
   *     decimals or is beyond about 9.2 billion
   */
  public static Money parse(String dollars) {
    return new Money(Dollars.parse(dollars));
  }

  /**
   * An exact number of dollars, rounded up to the nano-dollar. Pass only numbers of ordinary size:
   * the work grows with the scale.
   *
   * @throws ArithmeticException if {@code dollars} is beyond about 9.2 billion
   */
  public static Money ceiling(BigDecimal dollars) {
    return new Money(
        dollars.movePointRight(DECIMALS).setScale(0, RoundingMode.CEILING).longValueExact());
  }

  /** Like {@link #ceiling}, but returns {@link #MOST} for a number that is out of range. */
  public static Money saturated(BigDecimal dollars) {
    try {
      return ceiling(dollars);
    } catch (ArithmeticException e) {
      return MOST;
    }
  }

  /** The exact number of dollars. */
  public BigDecimal dollars() {
    return BigDecimal.valueOf(nanos, DECIMALS);
  }

  /** The sum. */
  public Money plus(Money other) {
    return new Money(Math.addExact(nanos, other.nanos));
  }

  /** The sum, or the nearest amount that there is. */
  public Money plusSaturated(Money other) {
    long sum = nanos + other.nanos;
    // An overflow has another sign than both terms.
    return ((nanos ^ sum) & (other.nanos ^ sum)) < 0 ? nearest() : new Money(sum);
  }

  /** The difference, or the nearest amount that there is. */
  public Money minusSaturated(Money other) {
    long difference = nanos - other.nanos;
    return ((nanos ^ other.nanos) & (nanos ^ difference)) < 0 ? nearest() : new Money(difference);
  }

  /** The limit that an overflow has gone beyond. */
  private Money nearest() {
    return nanos < 0 ? new Money(Long.MIN_VALUE) : MOST;
  }

  /** The difference. */
  public Money minus(Money other) {
    return new Money(Math.subtractExact(nanos, other.nanos));
  }

  /** The smaller of the two. */
  public Money min(Money other) {
    return nanos <= other.nanos ? this : other;
  }

  /** The larger of the two. */
  public Money max(Money other) {
    return nanos >= other.nanos ? this : other;
  }

  /** Whether this is more than zero. */
  public boolean isPositive() {
    return nanos > 0;
  }

  /** Whether this is less than zero. */
  public boolean isNegative() {
    return nanos < 0;
  }

  @Override
  public int compareTo(Money other) {
    return Long.compare(nanos, other.nanos);
  }

  /** Dollars as a decimal number with 2 to 9 decimals, such as {@code 5.00}. */
  @Override
  public String toString() {
    return Dollars.format(nanos);
  }
}
