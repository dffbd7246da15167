package dev.tollgate.gateway.admin;

import dev.tollgate.gateway.account.SpendingCaps;
import dev.tollgate.gateway.ledger.Money;
import org.jspecify.annotations.Nullable;

/**
 * What is to become of the caps of a project or a key.
 *
 * @param daily more than zero
 * @param monthly likewise
 */
public record CapsChange(Change<Money> daily, Change<Money> monthly) {
  /** They stay as they are. */
  public static final CapsChange NONE = new CapsChange(Change.none(), Change.none());

  /** Refuses a cap that is none. */
  public CapsChange {
    requirePositive(daily.value());
    requirePositive(monthly.value());
  }

  private static void requirePositive(@Nullable Money cap) {
    if (cap != null && !cap.isPositive()) {
      throw new AdminException("a spending cap is more than zero");
    }
  }

  /** Whether something is to be different. */
  boolean isMade() {
    return daily.isMade() || monthly.isMade();
  }

  /** What they are afterwards. */
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
