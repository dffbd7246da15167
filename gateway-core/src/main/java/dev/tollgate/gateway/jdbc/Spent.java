package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Period;
import java.sql.SQLException;
import java.time.Instant;

/**
 * The counters of a project or a key: what was charged in the newest day and in the newest month.
 * Each is a cache of the sum of its period's charges; see {@link
 * dev.tollgate.gateway.ledger.Ledger#hold}.
 *
 * @param dayNumber see {@link Period#number}
 * @param monthNumber likewise
 */
record Spent(long dayNumber, Money day, long monthNumber, Money month) {
  /** Before the first charge. */
  static final Spent NOTHING = new Spent(0, Money.ZERO, 0, Money.ZERO);

  long number(Period period) {
    return period == Period.DAILY ? dayNumber : monthNumber;
  }

  Money charged(Period period) {
    return period == Period.DAILY ? day : month;
  }

  /** The same with another counter of one period. */
  Spent with(Period period, long number, Money charged) {
    return period == Period.DAILY
        ? new Spent(number, charged, monthNumber, month)
        : new Spent(dayNumber, day, number, charged);
  }

  /** How many of the counters are of another period than those of {@code other}. */
  int differences(Spent other) {
    return (dayNumber == other.dayNumber ? 0 : 1) + (monthNumber == other.monthNumber ? 0 : 1);
  }

  /** What counts against a cap. */
  Money charged(Period period, Instant at, PeriodSums entries) throws SQLException {
    return isOfAnother(period, at) ? entries.of(period, period.number(at)) : charged(period);
  }

  /** Whether a moment has a counter of its own, in place of this one. */
  boolean isOfAnother(Period period, Instant at) {
    return period.number(at) > number(period) || period.isAhead(number(period), at);
  }

  /** Begins the periods of a charge, before its entry is written. */
  Spent begun(Instant at, PeriodSums entries) throws SQLException {
    Spent begun = this;
    for (Period period : Period.values()) {
      if (isOfAnother(period, at)) {
        entries.warnIfAhead(period, number(period), at);
        long number = period.number(at);
        begun = begun.with(period, number, entries.of(period, number));
      }
    }
    return begun;
  }

  /** Adds a charge where it is of the periods that are counted. */
  Spent plus(Money charge, Instant at) {
    Spent sum = this;
    for (Period period : Period.values()) {
      long number = period.number(at);
      if (number == number(period)) {
        sum = sum.with(period, number, saturated(charged(period), charge));
      }
    }
    return sum;
  }

  /**
   * The sum, or the most there is: it is a part of the project's charges, which can be counted, and
   * whatever else the column says, a charge is not refused for it.
   */
  static Money saturated(Money one, Money other) {
    long sum = one.nanos() + other.nanos();
    return new Money(sum < 0 ? Long.MAX_VALUE : sum);
  }

  /** Begins the periods of now where a counter is ahead. */
  Spent putRight(Instant now, PeriodSums entries) throws SQLException {
    Spent right = this;
    for (Period period : Period.values()) {
      if (period.isAhead(number(period), now)) {
        entries.warnIfAhead(period, number(period), now);
        long number = period.number(now);
        right = right.with(period, number, entries.of(period, number));
      }
    }
    return right;
  }
}
