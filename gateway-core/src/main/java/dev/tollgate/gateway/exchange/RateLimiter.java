package dev.tollgate.gateway.exchange;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.tollgate.gateway.http.TokenBucket;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Limits the number of requests that a caller makes in a span of time. The whole number may arrive
 * in one burst. Thread-safe.
 */
public final class RateLimiter {
  private static final long MAX_ENTRIES = 50_000;
  // Longer than the longest span. A bucket that is idle this long is full, so forgetting it is
  // safe.
  private static final Duration FORGET = Duration.ofMinutes(2);

  private final LongSupplier nanoTime;
  private final Cache<String, TokenBucket> buckets =
      Caffeine.newBuilder()
          .executor(Runnable::run)
          .maximumSize(MAX_ENTRIES)
          .expireAfterAccess(FORGET)
          .build();

  /**
   * @param nanoTime a clock such as {@link System#nanoTime}
   */
  public RateLimiter(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /**
   * Takes a token for one request, if there is one.
   *
   * @param who the caller whose requests are counted together
   * @param requests the number of requests allowed in {@code span}, more than zero; may differ
   *     between calls
   * @param span at most a minute
   * @return zero if the request is allowed; otherwise the time until it will be, if the caller
   *     sends no other request in between
   */
  public Duration acquire(String who, int requests, Duration span) {
    long now = nanoTime.getAsLong();
    // The capacity must be a multiple of the interval. A rounding remainder would let one more in.
    long interval = span.toNanos() / requests;
    TokenBucket bucket = buckets.get(who, key -> new TokenBucket(now));
    return Duration.ofNanos(bucket.take(now, interval, interval * requests));
  }
}
