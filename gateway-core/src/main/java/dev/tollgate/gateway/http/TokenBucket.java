package dev.tollgate.gateway.http;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Token bucket, kept as the time at which it is full again: the generic cell rate algorithm (ITU-T
 * I.371). Safe for use by many threads.
 */
public final class TokenBucket {
  private final AtomicLong fullAtNanos;

  /**
   * A full bucket.
   *
   * @param nowNanos as {@link System#nanoTime}
   */
  public TokenBucket(long nowNanos) {
    this.fullAtNanos = new AtomicLong(nowNanos);
  }

  /**
   * Takes tokens out, if there are so many.
   *
   * @param nowNanos as {@link System#nanoTime}
   * @param costNanos how long the tokens take to come back
   * @param capacityNanos how long an empty bucket takes to be full; may differ from call to call
   * @return zero: they are taken; else after how many nanoseconds they may be, if no other call
   *     takes tokens before
   */
  public long take(long nowNanos, long costNanos, long capacityNanos) {
    while (true) {
      long seen = fullAtNanos.get();
      // Never emptier than empty: the capacity may have been larger before.
      long missing = Math.max(0, Math.min(seen - nowNanos, capacityNanos));
      long wait = missing + costNanos - capacityNanos;
      if (wait > 0) {
        // Written down, or the bucket would be too empty again when the time has come.
        fullAtNanos.compareAndSet(seen, nowNanos + missing);
        return wait;
      }
      if (fullAtNanos.compareAndSet(seen, nowNanos + missing + costNanos)) {
        return 0;
      }
    }
  }
}
