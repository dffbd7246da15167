package dev.tollgate.gateway.exchange;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.tollgate.gateway.http.TokenBucket;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Limits how many requests a project makes in a span of time, all of which may come at once. Safe
 * for use by many threads.
 */
public final class RateLimiter {
  private static final long MAX_ENTRIES = 50_000;
  // Longer than the longest span; whoever has been silent for that long starts anew anyway.
  private static final Duration FORGET = Duration.ofMinutes(2);

  private final LongSupplier nanoTime;
  private final Cache<String, TokenBucket> buckets =
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
    // The capacity is a multiple of this: what rounding leaves would let one more in.
    long interval = span.toNanos() / requests;
    TokenBucket bucket = buckets.get(who, key -> new TokenBucket(now));
    return Duration.ofNanos(bucket.take(now, interval, interval * requests));
  }
}
