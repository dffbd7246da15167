package dev.tollgate.gateway.http;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Token bucket, stored as the time at which it will be full: the generic cell rate algorithm (ITU-T
 * I.371). Thread-safe.
 */
public final class TokenBucket {
  private final AtomicLong fullAtNanos;

  /**
   * Creates a full bucket.
   *
   * @param nowNanos the time from {@link System#nanoTime}
   */
  public TokenBucket(long nowNanos) {
    this.fullAtNanos = new AtomicLong(nowNanos);
  }

  /**
   * Takes tokens, if the bucket has enough.
   *
   * @param nowNanos the time from {@link System#nanoTime}
   * @param costNanos the time in which the bucket refills these tokens
   * @param capacityNanos the time in which an empty bucket fills up; may differ between calls
   * @return zero if the tokens are taken; otherwise the wait in nanoseconds, if no other call takes
   *     tokens in between
   */
  public long take(long nowNanos, long costNanos, long capacityNanos) {
    while (true) {
      long seen = fullAtNanos.get();
      // Cap the debt at an empty bucket: an earlier call may have had a larger capacity.
      long missing = Math.max(0, Math.min(seen - nowNanos, capacityNanos));
      long wait = missing + costNanos - capacityNanos;
      if (wait > 0) {
        // Store the capped debt; otherwise the bucket would still be too empty after the wait.
        fullAtNanos.compareAndSet(seen, nowNanos + missing);
        return wait;
      }
      if (fullAtNanos.compareAndSet(seen, nowNanos + missing + costNanos)) {
        return 0;
      }
    }
  }
}
