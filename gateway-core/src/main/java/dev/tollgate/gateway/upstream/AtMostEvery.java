package dev.tollgate.gateway.upstream;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/** Rate limiter that allows an action at most once per interval. Safe for use by many threads. */
final class AtMostEvery {
  private final long intervalNanos;
  private final LongSupplier nanoTime;
  private final AtomicLong dueAtNanos;

  /**
   * @param nanoTime the clock, as {@link System#nanoTime}
   */
  AtMostEvery(Duration interval, LongSupplier nanoTime) {
    this.intervalNanos = interval.toNanos();
    this.nanoTime = nanoTime;
    this.dueAtNanos = new AtomicLong(nanoTime.getAsLong());
  }

  /** Whether the action is due. A true result starts the next interval. */
  boolean isDue() {
    long now = nanoTime.getAsLong();
    long due = dueAtNanos.get();
    return now - due >= 0 && dueAtNanos.compareAndSet(due, now + intervalNanos);
  }

  /** Starts the interval again: the action is due at its end. */
  void restart() {
    dueAtNanos.set(nanoTime.getAsLong() + intervalNanos);
  }
}
