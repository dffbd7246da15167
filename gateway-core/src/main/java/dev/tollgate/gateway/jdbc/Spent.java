package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Period;
import java.time.Instant;

/**
 * What was charged in the day and in the month that had a charge last.
 *
 * @param dayNumber see {@link Period#number}
 * @param monthNumber likewise
 */
record Spent(long dayNumber, Money day, long monthNumber, Money month) {
  /** Before the first charge. */
  static final Spent NOTHING = new Spent(0, Money.ZERO, 0, Money.ZERO);

  /** One charge. */
  static Spent of(Money charge, Instant at) {
    return new Spent(Period.DAILY.number(at), charge, Period.MONTHLY.number(at), charge);
  }

  /** Both together: in each period that of the newer one, or the sum if it is the same. */
  Spent plus(Spent other) {
    return new Spent(
        Math.max(dayNumber, other.dayNumber),
        newest(dayNumber, day, other.dayNumber, other.day),
        Math.max(monthNumber, other.monthNumber),
        newest(monthNumber, month, other.monthNumber, other.month));
  }

  private static Money newest(long number, Money amount, long otherNumber, Money other) {
    if (number != otherNumber) {
      return number > otherNumber ? amount : other;
    }
    // A part of the project's charges, which can be counted; whatever else the column says, a
    // charge is not refused for it.
    long sum = amount.nanos() + other.nanos();
    return new Money(sum < 0 ? Long.MAX_VALUE : sum);
  }

  /** What counts against a cap: of an earlier moment than was counted last as of then. */
  Money charged(Period period, Instant at) {
    boolean daily = period == Period.DAILY;
    boolean over = period.number(at) > (daily ? dayNumber : monthNumber);
    return over ? Money.ZERO : daily ? day : month;
  }
}
