package dev.tollgate.gateway.admin;

import dev.tollgate.gateway.account.SpendingCaps;
import dev.tollgate.gateway.ledger.Money;
import org.jspecify.annotations.Nullable;

/**
 * A change to the spending caps of a project or a key.
 *
 * @param daily the daily cap, more than zero
 * @param monthly the monthly cap, more than zero
 */
public record CapsChange(Change<Money> daily, Change<Money> monthly) {
  /** No change. */
  public static final CapsChange NONE = new CapsChange(Change.none(), Change.none());

  /** Rejects a cap that is not positive. */
  public CapsChange {
    requirePositive(daily.value());
    requirePositive(monthly.value());
  }

  private static void requirePositive(@Nullable Money cap) {
    if (cap != null && !cap.isPositive()) {
      throw new AdminException("a spending cap is more than zero");
    }
  }

  /** Whether at least one cap changes. */
  boolean isMade() {
    return daily.isMade() || monthly.isMade();
  }

  /** Returns the caps after the change. */
  SpendingCaps after(SpendingCaps before) {
    return new SpendingCaps(
        after(daily, before.dailyNanos()), after(monthly, before.monthlyNanos()));
  }

  private static @Nullable Long after(Change<Money> change, @Nullable Long before) {
    if (!change.isMade()) {
      return before;
    }
    Money cap = change.value();
    return cap == null ? null : Long.valueOf(cap.nanos());
  }
}
