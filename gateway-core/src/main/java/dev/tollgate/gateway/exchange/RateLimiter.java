package dev.tollgate.gateway.exchange;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Lets so many requests in per span of time, and as many at once: the generic cell rate algorithm
 * (ITU-T I.371), one number for each who asks. Safe for use by many threads.
 */
public final class RateLimiter {
  private static final long MAX_ENTRIES = 50_000;
  // Longer than the longest span; whoever has been silent for that long starts anew anyway.
  private static final Duration FORGET = Duration.ofMinutes(2);

  private final LongSupplier nanoTime;
  // When those who asked would be let in again if nothing at once were allowed.
  private final Cache<String, AtomicLong> arrivals =
      Caffeine.newBuilder()
          .executor(Runnable::run)
          .maximumSize(MAX_ENTRIES)
          .expireAfterAccess(FORGET)
          .build();

  /**
   * @param nanoTime as {@link System#nanoTime}
   */
  public RateLimiter(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /**
   * Counts one request, if it may be made.
   *
   * @param requests how many may be made in {@code span}, more than zero; may differ from call to
   *     call
   * @param span at most a minute
   * @return zero: it may be made; else after how long it may be, if nobody else asks before
   */
  public Duration acquire(String who, int requests, Duration span) {
    long now = nanoTime.getAsLong();
    long interval = span.toNanos() / requests;
    // Not the span less an interval: what rounding leaves would let one more in.
    long atOnce = interval * (requests - 1);
    AtomicLong arrival = arrivals.get(who, key -> new AtomicLong(now));
    while (true) {
      long seen = arrival.get();
      // Never further off than a span: it may be of another rate, which was changed since.
      long next = now + Math.max(0, Math.min(seen - now, interval * requests));
      long wait = next - now - atOnce;
      if (wait > 0) {
        // Written down, or it would be further off again when the time has come.
        arrival.compareAndSet(seen, next);
        return Duration.ofNanos(wait);
      }
      if (arrival.compareAndSet(seen, next + interval)) {
        return Duration.ZERO;
      }
    }
  }
}
