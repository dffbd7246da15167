package dev.tollgate.gateway.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RateLimiterTest {
  private static final Duration SECOND = Duration.ofSeconds(1);

  // Near the end of what a long can count, as System.nanoTime may be.
  private long now = Long.MAX_VALUE - Duration.ofSeconds(3).toNanos();
  private final RateLimiter limiter = new RateLimiter(() -> now);

  private Duration acquire(int requests, Duration span) {
    return limiter.acquire("a", requests, span);
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "10, 1", "600, 60", "999999, 60", "7, 60"})
  void asManyAsTheSpanAllowsMayComeAtOnce(int requests, int seconds) {
    Duration span = Duration.ofSeconds(seconds);
    for (int i = 0; i < requests; i++) {
      assertThat(acquire(requests, span)).isZero();
    }
    assertThat(acquire(requests, span)).isPositive().isLessThanOrEqualTo(span);
  }

  @Test
  void whoWaitsAsToldIsLetInAndWhoWaitsLessIsNot() {
    Random random = new Random(7);
    for (int i = 0; i < 10_000; i++) {
      now += random.nextInt(300_000_000);
      Duration wait = acquire(5, SECOND);
      if (!wait.isZero()) {
        now += wait.toNanos() - 1;
        assertThat(acquire(5, SECOND)).isEqualTo(Duration.ofNanos(1));
        now += 1;
        assertThat(acquire(5, SECOND)).isZero();
      }
    }
  }

  @Test
  void inTheLongRunNoMoreAreLetInThanTheRate() {
    long start = now;
    int admitted = 0;
    while (now - start < Duration.ofSeconds(100).toNanos()) {
      admitted += acquire(5, SECOND).isZero() ? 1 : 0;
      now += 20_000_000;
    }
    assertThat(admitted).isBetween(500, 505);
  }

  @Test
  void whoeverIsSilentStartsAnew() {
    for (int i = 0; i < 5; i++) {
      acquire(5, SECOND);
    }
    now += SECOND.toNanos();
    for (int i = 0; i < 5; i++) {
      assertThat(acquire(5, SECOND)).isZero();
    }
  }

  @Test
  void eachIsCountedAlone() {
    assertThat(limiter.acquire("a", 1, SECOND)).isZero();
    assertThat(limiter.acquire("b", 1, SECOND)).isZero();
    assertThat(limiter.acquire("a", 1, SECOND)).isPositive();
  }

  @Test
  void aRateThatIsLoweredKeepsNobodyForLongerThanItsSpan() {
    for (int i = 0; i < 500; i++) {
      acquire(500, SECOND);
    }
    assertThat(acquire(1, SECOND)).isLessThanOrEqualTo(SECOND);
  }

  @Test
  void manyAtOnceAreCountedExactly() throws Exception {
    AtomicInteger admitted = new AtomicInteger();
    ExecutorService threads = Executors.newFixedThreadPool(8);
    for (int i = 0; i < 8; i++) {
      threads.execute(
          () -> {
            for (int n = 0; n < 1000; n++) {
              admitted.addAndGet(acquire(500, SECOND).isZero() ? 1 : 0);
            }
          });
    }
    threads.shutdown();
    assertThat(threads.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    assertThat(admitted).hasValue(500);
  }

  @Test
  void whoeverHasASecondsRateInsteadOfAMinutesIsLetInWhenTold() {
    Duration minute = Duration.ofMinutes(1);
    for (int i = 0; i < 60; i++) {
      assertThat(acquire(60, minute)).isZero();
    }
    // Now as many in a second, of which there have been none for a while.
    now += Duration.ofSeconds(2).toNanos();
    Duration wait = acquire(60, SECOND);
    now += wait.toNanos();

    assertThat(acquire(60, SECOND)).as("after " + wait).isZero();
  }
}
