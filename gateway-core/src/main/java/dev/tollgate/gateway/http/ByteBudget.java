package dev.tollgate.gateway.http;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * So many bytes a second, of which those of one second may come at once (a token bucket, kept as
 * the time at which it is full again). Safe for use by many threads.
 */
final class ByteBudget {
  private static final long SECOND_NANOS = Duration.ofSeconds(1).toNanos();

  private final double nanosPerByte;
  private final LongSupplier nanoTime;
  private final AtomicLong fullAtNanos;

  /**
   * @param bytesPerSecond above 0
   * @param nanoTime as {@link System#nanoTime}
   */
  ByteBudget(long bytesPerSecond, LongSupplier nanoTime) {
    this.nanosPerByte = (double) SECOND_NANOS / bytesPerSecond;
    this.nanoTime = nanoTime;
    this.fullAtNanos = new AtomicLong(nanoTime.getAsLong());
  }

  /**
   * Takes bytes out.
   *
   * @return false if there are not so many; then none is taken
   */
  boolean take(int bytes) {
    long cost = (long) (bytes * nanosPerByte);
    while (true) {
      long now = nanoTime.getAsLong();
      long before = fullAtNanos.get();
      long after = (before - now > 0 ? before : now) + cost;
      if (after - now > SECOND_NANOS) {
        return false;
      }
      if (fullAtNanos.compareAndSet(before, after)) {
        return true;
      }
    }
  }
}
