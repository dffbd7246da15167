package dev.tollgate.gateway.account;

import org.jspecify.annotations.Nullable;

/**
 * The most that may be spent in a day or a month, both of UTC, in nano-dollars; more than zero.
 *
 * @param dailyNanos null: as much as there is
 * @param monthlyNanos likewise
 */
public record SpendingCaps(@Nullable Long dailyNanos, @Nullable Long monthlyNanos) {
  /** As much as there is. */
  public static final SpendingCaps NONE = new SpendingCaps(null, null);

  /** Checks the range. */
  public SpendingCaps {
    if ((dailyNanos != null && dailyNanos <= 0) || (monthlyNanos != null && monthlyNanos <= 0)) {
      throw new IllegalArgumentException("a spending cap is more than zero");
    }
  }

  /** Whether there is none. */
  public boolean isEmpty() {
    return dailyNanos == null && monthlyNanos == null;
  }
}
