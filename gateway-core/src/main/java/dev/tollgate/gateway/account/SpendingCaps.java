package dev.tollgate.gateway.account;

import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The spending caps for a day, a week from Monday, a month, all in UTC, and in total. Amounts are
 * nano-dollars, more than zero.
 *
 * @param dailyNanos null: no cap
 * @param weeklyNanos null: no cap
 * @param monthlyNanos null: no cap
 * @param totalNanos null: no cap
 */
public record SpendingCaps(
    @Nullable Long dailyNanos,
    @Nullable Long weeklyNanos,
    @Nullable Long monthlyNanos,
    @Nullable Long totalNanos) {
  /** No caps. */
  public static final SpendingCaps NONE = new SpendingCaps(null, null);

  /** Checks the range. */
  public SpendingCaps {
    if (all(dailyNanos, weeklyNanos, monthlyNanos, totalNanos).anyMatch(cap -> cap <= 0)) {
      throw new IllegalArgumentException("a spending cap must be more than zero");
    }
  }

  /** Caps for a day and a month only. */
  public SpendingCaps(@Nullable Long dailyNanos, @Nullable Long monthlyNanos) {
    this(dailyNanos, null, monthlyNanos, null);
  }

  private static Stream<Long> all(@Nullable Long... caps) {
    return Stream.of(caps).filter(Objects::nonNull);
  }

  /** Whether there is no cap. */
  public boolean isEmpty() {
    return all(dailyNanos, weeklyNanos, monthlyNanos, totalNanos).findAny().isEmpty();
  }
}
