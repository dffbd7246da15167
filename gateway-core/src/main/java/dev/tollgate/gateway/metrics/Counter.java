package dev.tollgate.gateway.metrics;

import java.util.concurrent.atomic.LongAdder;

/** Something that is counted and never becomes less. Safe for use by many threads. */
public final class Counter {
  private final LongAdder count = new LongAdder();

  Counter() {}

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

  long value() {
    return count.sum();
  }
}
