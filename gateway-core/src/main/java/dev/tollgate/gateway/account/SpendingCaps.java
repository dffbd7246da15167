package dev.tollgate.gateway.account;

import org.jspecify.annotations.Nullable;

/**
 * The spending caps for a day and a month, both in UTC. Amounts are nano-dollars, more than zero.
 *
 * @param dailyNanos null: no cap
 * @param monthlyNanos null: no cap
 */
public record SpendingCaps(@Nullable Long dailyNanos, @Nullable Long monthlyNanos) {
  /** No caps. */
  public static final SpendingCaps NONE = new SpendingCaps(null, null);

  /** Checks the range. */
  public SpendingCaps {
    if ((dailyNanos != null && dailyNanos <= 0) || (monthlyNanos != null && monthlyNanos <= 0)) {
      throw new IllegalArgumentException("a spending cap must be more than zero");
    }
  }

  /** Whether there is no cap. */
  public boolean isEmpty() {
    return dailyNanos == null && monthlyNanos == null;
  }
}
