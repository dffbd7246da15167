package dev.tollgate.gateway.metrics;

import java.math.BigDecimal;
import java.util.concurrent.atomic.LongAdder;

/**
 * Monotonic counter. It counts whole numbers of a small unit, such as nano-dollars, and converts
 * the exact sum to the unit of the metric's name. Thread-safe.
 */
public final class Counter {
  private final LongAdder count = new LongAdder();
  private final int decimals;

  /**
   * @param decimals the number of decimals between the counted unit and the shown unit; 0: both are
   *     the same
   */
  Counter(int decimals) {
    this.decimals = decimals;
  }

  /** Adds one. */
  public void increment() {
    count.increment();
  }

  /**
   * Adds a number of units.
   *
   * @param more zero or more
   */
  public void add(long more) {
    count.add(more);
  }

  /** The exact value without an exponent: {@code 0.0000123}, {@code 7}. */
  String text() {
    return BigDecimal.valueOf(count.sum(), decimals).stripTrailingZeros().toPlainString();
  }
}
