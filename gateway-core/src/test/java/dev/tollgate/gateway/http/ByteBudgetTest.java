package dev.tollgate.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ByteBudgetTest {
  private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 1_000);
  private final ByteBudget budget = new ByteBudget(1_000, now::get);

  private void pass(long millis) {
    now.addAndGet(Duration.ofMillis(millis).toNanos());
  }

  @Test
  void theBytesOfOneSecondMayComeAtOnce() {
    assertThat(budget.take(600)).isTrue();
    assertThat(budget.take(400)).isTrue();
    assertThat(budget.take(1)).isFalse();
  }

  @Test
  void whatIsTooMuchTakesNothing() {
    assertThat(budget.take(1_001)).isFalse();
    assertThat(budget.take(1_000)).isTrue();
  }

  @Test
  void itFillsUpWithTime() {
    assertThat(budget.take(1_000)).isTrue();
    pass(250);
    assertThat(budget.take(251)).isFalse();
    assertThat(budget.take(250)).isTrue();
  }

  @Test
  void itHoldsNoMoreThanASecondsBytes() {
    pass(60_000);
    assertThat(budget.take(1_000)).isTrue();
    assertThat(budget.take(1)).isFalse();
  }
}
