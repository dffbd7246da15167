package dev.tollgate.gateway.http;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Limits how many bytes are read in a second, all of which may come at once. Safe for use by many
 * threads.
 */
final class ByteBudget {
  private static final long SECOND_NANOS = Duration.ofSeconds(1).toNanos();

  private final double nanosPerByte;
  private final LongSupplier nanoTime;
  private final TokenBucket bucket;

  /**
   * @param bytesPerSecond above 0
   * @param nanoTime as {@link System#nanoTime}
   */
  ByteBudget(long bytesPerSecond, LongSupplier nanoTime) {
    this.nanosPerByte = (double) SECOND_NANOS / bytesPerSecond;
    this.nanoTime = nanoTime;
    this.bucket = new TokenBucket(nanoTime.getAsLong());
  }

  /**
   * Takes bytes out.
   *
   * @return false if there are not so many; then none is taken
   */
  boolean take(int bytes) {
    return bucket.take(nanoTime.getAsLong(), (long) (bytes * nanosPerByte), SECOND_NANOS) == 0;
  }
}
