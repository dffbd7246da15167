package dev.tollgate.gateway.http;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Limits the number of bytes that are read in a second. The whole number may arrive in one burst.
 * Thread-safe.
 */
final class ByteBudget {
  private static final long SECOND_NANOS = Duration.ofSeconds(1).toNanos();

  private final double nanosPerByte;
  private final LongSupplier nanoTime;
  private final TokenBucket bucket;

  /**
   * @param bytesPerSecond above 0
   * @param nanoTime a clock such as {@link System#nanoTime}
   */
  ByteBudget(long bytesPerSecond, LongSupplier nanoTime) {
    this.nanosPerByte = (double) SECOND_NANOS / bytesPerSecond;
    this.nanoTime = nanoTime;
    this.bucket = new TokenBucket(nanoTime.getAsLong());
  }

  /**
   * Takes bytes from the budget.
   *
   * @return false if the budget has too few; none are taken then
   */
  boolean take(int bytes) {
    return bucket.take(nanoTime.getAsLong(), (long) (bytes * nanosPerByte), SECOND_NANOS) == 0;
  }
}
