package dev.tollgate.gateway.ledger;

import dev.tollgate.gateway.account.SpendingCaps;
import java.time.Instant;

/**
 * The counters of a project or a key: what was charged in the newest day and in the newest month.
 * Each is a cache of the sum of its period's charges; {@link Ledger#hold} says which period a
 * counter is of.
 *
 * @param dayNumber see {@link Period#number}
 * @param monthNumber likewise
 */
public record PeriodCounters(long dayNumber, Money day, long monthNumber, Money month) {
  /** Before the first charge. */
  public static final PeriodCounters NOTHING = new PeriodCounters(0, Money.ZERO, 0, Money.ZERO);

  /**
   * What the entries say. Asked only where a counter is of another period.
   *
   * @param <E> what is thrown if the entries cannot be read
   */
  public interface Entries<E extends Exception> {
    /** The sum of the charges of a period. */
    Money charged(Period period, long number) throws E;

    /** Called before a counter is replaced, which a wrong clock may have begun. */
    default void replacing(Period period, long number, Instant at) {}
  }

  /** The number of the period that is counted. */
  public long number(Period period) {
    return period == Period.DAILY ? dayNumber : monthNumber;
  }

  /** What was charged in the period that is counted. */
  public Money charged(Period period) {
    return period == Period.DAILY ? day : month;
  }

  /** The same with another counter of one period. */
  public PeriodCounters with(Period period, long number, Money charged) {
    return period == Period.DAILY
        ? new PeriodCounters(number, charged, monthNumber, month)
        : new PeriodCounters(dayNumber, day, number, charged);
  }

  /** How many of the counters are of another period than those of {@code other}. */
  public int differences(PeriodCounters other) {
    return (dayNumber == other.dayNumber ? 0 : 1) + (monthNumber == other.monthNumber ? 0 : 1);
  }

  /** What counts against a cap at a moment. */
  public <E extends Exception> Money charged(Period period, Instant at, Entries<E> entries)
      throws E {
    return period.isStale(number(period), at)
        ? entries.charged(period, period.number(at))
        : charged(period);
  }

  /**
   * What the cap of a period leaves at a moment: zero or less if the cap is reached.
   *
   * @param held what is held at the moment
   */
  public <E extends Exception> Money left(
      Period period, SpendingCaps caps, Money held, Instant at, Entries<E> entries) throws E {
    Money cap = period.cap(caps).orElse(null);
    if (cap == null) {
      return Money.MOST;
    }
    // Never below zero in between: three amounts of any size are too many for a long.
    return cap.minus(charged(period, at, entries)).max(Money.ZERO).minus(held);
  }

  /** Begins the periods of a charge, before its entry is written. */
  public <E extends Exception> PeriodCounters begun(Instant at, Entries<E> entries) throws E {
    PeriodCounters begun = this;
    for (Period period : Period.values()) {
      if (period.isStale(number(period), at)) {
        begun = begun.begun(period, at, entries);
      }
    }
    return begun;
  }

  /** Begins the periods of now where a counter is ahead. */
  public <E extends Exception> PeriodCounters putRight(Instant now, Entries<E> entries) throws E {
    PeriodCounters right = this;
    for (Period period : Period.values()) {
      if (period.isAhead(number(period), now)) {
        right = right.begun(period, now, entries);
      }
    }
    return right;
  }

  private <E extends Exception> PeriodCounters begun(Period period, Instant at, Entries<E> entries)
      throws E {
    entries.replacing(period, number(period), at);
    long number = period.number(at);
    return with(period, number, entries.charged(period, number));
  }

  /**
   * Adds a charge where it is of the periods that are counted. A sum stops at the most there is: it
   * is a part of the project's charges, which can be counted, so a charge is never refused for it.
   */
  public PeriodCounters plus(Money charge, Instant at) {
    PeriodCounters sum = this;
    for (Period period : Period.values()) {
      long number = period.number(at);
      if (number == number(period)) {
        sum = sum.with(period, number, charged(period).plusSaturated(charge));
      }
    }
    return sum;
  }
}
