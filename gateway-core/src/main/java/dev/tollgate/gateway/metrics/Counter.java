package dev.tollgate.gateway.metrics;

import java.math.BigDecimal;
import java.util.concurrent.atomic.LongAdder;

/**
 * Monotonic counter. It counts whole numbers of a small unit, such as nano-dollars, and is shown in
 * the unit of the metric's name, so that nothing is rounded. Safe for use by many threads.
 */
public final class Counter {
  private final LongAdder count = new LongAdder();
  private final int decimals;

  /**
   * @param decimals how many decimals of what is shown are counted; 0: both units are the same
   */
  Counter(int decimals) {
    this.decimals = decimals;
  }

  /** One more. */
  public void increment() {
    count.increment();
  }

  /**
   * So many more.
   *
   * @param more zero or more
   */
  public void add(long more) {
    count.add(more);
  }

  /** The exact value, without an exponent: {@code 0.0000123}, {@code 7}. */
  String text() {
    return BigDecimal.valueOf(count.sum(), decimals).stripTrailingZeros().toPlainString();
  }
}
