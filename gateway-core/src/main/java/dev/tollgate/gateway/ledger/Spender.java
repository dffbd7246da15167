package dev.tollgate.gateway.ledger;

import dev.tollgate.gateway.account.SpendingCaps;
import java.time.Instant;

/**
 * What is held for a project, or with a key, and what was charged in each period that had a charge
 * last. Of {@link InMemoryLedger}, and guarded by its lock.
 */
final class Spender {
  /** Some days or months, one after the other. */
  private static final class Counted {
    long number;
    Money charged = Money.ZERO;
  }

  private final Counted day = new Counted();
  private final Counted month = new Counted();
  private Money held = Money.ZERO;

  private Counted newest(Period period) {
    return switch (period) {
      case DAILY -> day;
      case MONTHLY -> month;
    };
  }

  Money held() {
    return held;
  }

  void hold(Money instead, Money of) {
    held = held.minus(of).plus(instead);
  }

  /** Counts a charge, where it is not of a period that is over. */
  void charge(Money amount, Instant at) {
    for (Period period : Period.values()) {
      Counted counted = newest(period);
      long number = period.number(at);
      if (number > counted.number) {
        counted.number = number;
        counted.charged = amount;
      } else if (number == counted.number) {
        counted.charged = counted.charged.plus(amount);
      }
    }
  }

  /** What the cap of a period leaves: zero or less if it is reached. */
  Money left(Period period, SpendingCaps caps, Instant at) {
    Counted counted = newest(period);
    Money charged = period.number(at) > counted.number ? Money.ZERO : counted.charged;
    return period
        .cap(caps)
        // Never below zero in between: three amounts of any size are too many for a long.
        .map(cap -> cap.minus(charged).max(Money.ZERO).minus(held))
        .orElse(new Money(Long.MAX_VALUE));
  }
}
