package dev.tollgate.gateway.upstream;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/** Something that is done at most once in an interval. Safe for use by many threads. */
final class AtMostEvery {
  private final long intervalNanos;
  private final LongSupplier nanoTime;
  private final AtomicLong dueAtNanos;

  /**
   * @param nanoTime as {@link System#nanoTime}
   */
  AtMostEvery(Duration interval, LongSupplier nanoTime) {
    this.intervalNanos = interval.toNanos();
    this.nanoTime = nanoTime;
    this.dueAtNanos = new AtomicLong(nanoTime.getAsLong());
  }

  /** Whether it is due; if so, it is due again after the interval. */
  boolean isDue() {
    long now = nanoTime.getAsLong();
    long due = dueAtNanos.get();
    return now - due >= 0 && dueAtNanos.compareAndSet(due, now + intervalNanos);
  }

  /** Makes it due after the interval. */
  void restart() {
    dueAtNanos.set(nanoTime.getAsLong() + intervalNanos);
  }
}
