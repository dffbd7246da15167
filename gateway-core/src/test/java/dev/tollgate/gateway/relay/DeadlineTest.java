package dev.tollgate.gateway.relay;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** When a call is late, at times that the test says; real time is in {@link TimeLimitsTest}. */
class DeadlineTest {
  // The clock may stand anywhere, and pass from the largest number to the smallest.
  private static final long START = Long.MAX_VALUE - Duration.ofSeconds(15).toNanos();

  private final Deadline deadline = new Deadline(Duration.ofSeconds(40));

  private static long after(int seconds) {
    return START + Duration.ofSeconds(seconds).toNanos();
  }

  private static Limit seconds(int seconds) {
    return Limit.of(Duration.ofSeconds(seconds));
  }

  @Test
  void aWaitIsLateBehindItsLimit() {
    deadline.waitSince(START, seconds(30));

    assertThat(deadline.isLate(after(0))).isFalse();
    assertThat(deadline.isLate(after(30))).isFalse();
    assertThat(deadline.isLate(after(31))).isTrue();
  }

  @Test
  void theNextWaitHasALimitOfItsOwn() {
    deadline.waitSince(START, seconds(30));
    deadline.waitSince(after(29), seconds(2));

    assertThat(deadline.isLate(after(31))).isFalse();
    assertThat(deadline.isLate(after(32))).isTrue();
  }

  @Test
  void withoutALimitNothingIsLate() {
    deadline.waitSince(START, seconds(1));
    deadline.waitSince(START, Limit.NONE);

    assertThat(deadline.isLate(after(1_000_000))).isFalse();
    assertThat(deadline.isLateAsAWhole(after(1_000_000))).isFalse();
  }

  @Test
  void theWholeIsLimitedFromItsStartOnWhateverIsWaitedFor() {
    deadline.start(after(5));
    deadline.waitSince(after(44), seconds(30));

    assertThat(deadline.isLateAsAWhole(after(45))).isFalse();
    assertThat(deadline.isLateAsAWhole(after(46))).isTrue();
    deadline.stop();
    assertThat(deadline.isLateAsAWhole(after(46))).isFalse();
  }

  @Test
  void aClientIsSilentOnlyWhereItsGoingWouldEndTheCall() {
    deadline.waitSince(START, seconds(30));
    assertThat(deadline.silentNanos(after(10))).isZero();

    deadline.waitSince(START, Limit.of(Duration.ofSeconds(30), true));
    assertThat(deadline.silentNanos(after(10))).isEqualTo(Duration.ofSeconds(10).toNanos());
  }
}
