package dev.tollgate.benchmark;

import java.util.Arrays;

/** Many numbers, of which a quantile is asked for at the end. */
final class Figures {
  private long[] values = new long[1 << 10];
  private int count;
  private boolean sorted;

  void add(long value) {
    if (count == values.length) {
      values = Arrays.copyOf(values, 2 * count);
    }
    values[count++] = value;
    sorted = false;
  }

  /**
   * The value that this part of them does not exceed.
   *
   * @param part from 0 to 1
   */
  long quantile(double part) {
    if (count == 0) {
      return 0;
    }
    if (!sorted) {
      Arrays.sort(values, 0, count);
      sorted = true;
    }
    return values[Math.min(count - 1, (int) (part * count))];
  }
}
