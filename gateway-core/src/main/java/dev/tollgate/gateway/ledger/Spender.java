package dev.tollgate.gateway.ledger;

import dev.tollgate.gateway.account.SpendingCaps;
import java.time.Instant;

/**
 * What is held for a project, or with a key, and what was charged in the newest day and month. Of
 * {@link InMemoryLedger}, and guarded by its lock.
 */
final class Spender {
  /** What the entries say. */
  interface Charges {
    /** The sum of the charges of a period. */
    Money in(Period period, long number);
  }

  /** Some days or months, one after the other. */
  private static final class Counted {
    long number;
    Money charged = Money.ZERO;
  }

  private final Counted day = new Counted();
  private final Counted month = new Counted();
  private final Charges entries;
  private Money held = Money.ZERO;

  Spender(Charges entries) {
    this.entries = entries;
  }

  private Counted counted(Period period) {
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

  /** Counts a charge whose entry is not written yet. */
  void charge(Money amount, Instant at) {
    for (Period period : Period.values()) {
      Counted counted = counted(period);
      long number = period.number(at);
      if (number > counted.number || period.isAhead(counted.number, at)) {
        begin(period, number);
      }
      if (number == counted.number) {
        counted.charged = counted.charged.plus(amount);
      }
    }
  }

  private void begin(Period period, long number) {
    Counted counted = counted(period);
    counted.number = number;
    counted.charged = entries.in(period, number);
  }

  /**
   * Begins the periods of now where a counter is ahead.
   *
   * @return how many were
   */
  int putRight(Instant now) {
    int ahead = 0;
    for (Period period : Period.values()) {
      if (period.isAhead(counted(period).number, now)) {
        begin(period, period.number(now));
        ahead++;
      }
    }
    return ahead;
  }

  /** What the cap of a period leaves: zero or less if it is reached. */
  Money left(Period period, SpendingCaps caps, Instant at) {
    return period
        .cap(caps)
        // Never below zero in between: three amounts of any size are too many for a long.
        .map(cap -> cap.minus(charged(period, at)).max(Money.ZERO).minus(held))
        .orElse(new Money(Long.MAX_VALUE));
  }

  Money charged(Period period, Instant at) {
    Counted counted = counted(period);
    long number = period.number(at);
    return number > counted.number || period.isAhead(counted.number, at)
        ? entries.in(period, number)
        : counted.charged;
  }
}
