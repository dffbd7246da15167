package dev.tollgate.gateway.ledger;

import dev.tollgate.gateway.account.SpendingCaps;
import java.time.Instant;
import java.util.function.Predicate;

/**
 * The counters of a project or a key: the charges in the newest day and in the newest month. Each
 * counter caches the sum of its period's charges. {@link Ledger#hold} says which period a counter
 * belongs to.
 *
 * @param dayNumber see {@link Period#number}
 * @param monthNumber see {@link Period#number}
 */
public record PeriodCounters(long dayNumber, Money day, long monthNumber, Money month) {
  /** The counters before the first charge. */
  public static final PeriodCounters NOTHING = new PeriodCounters(0, Money.ZERO, 0, Money.ZERO);

  /**
   * Reads sums from the entries. Called only when a counter belongs to another period.
   *
   * @param <E> thrown if the entries cannot be read
   */
  public interface Entries<E extends Exception> {
    /** The sum of the charges of a period. */
    Money charged(Period period, long number) throws E;

    /** Called before a counter is replaced. A wrong clock may have started that counter. */
    default void replacing(Period period, long number, Instant at) {}
  }

  /** The number of the counted period. */
  public long number(Period period) {
    return period == Period.DAILY ? dayNumber : monthNumber;
  }

  /** The charges in the counted period. */
  public Money charged(Period period) {
    return period == Period.DAILY ? day : month;
  }

  /** A copy with another counter for one period. */
  public PeriodCounters with(Period period, long number, Money charged) {
    return period == Period.DAILY
        ? new PeriodCounters(number, charged, monthNumber, month)
        : new PeriodCounters(dayNumber, day, number, charged);
  }

  /** How many counters belong to another period than the counters of {@code other}. */
  public int differences(PeriodCounters other) {
    return (dayNumber == other.dayNumber ? 0 : 1) + (monthNumber == other.monthNumber ? 0 : 1);
  }

  /** The charges that count against a cap at {@code at}. */
  public <E extends Exception> Money charged(Period period, Instant at, Entries<E> entries)
      throws E {
    return period.isStale(number(period), at)
        ? entries.charged(period, period.number(at))
        : charged(period);
  }

  /**
   * The remainder of a period's cap at {@code at}: zero or less if the cap is reached.
   *
   * @param held the amount held now
   */
  public <E extends Exception> Money left(
      Period period, SpendingCaps caps, Money held, Instant at, Entries<E> entries) throws E {
    Money cap = period.cap(caps).orElse(null);
    if (cap == null) {
      return Money.MOST;
    }
    // Clamped to zero in between: the difference of three large amounts can overflow a long.
    return cap.minus(charged(period, at, entries)).max(Money.ZERO).minus(held);
  }

  /** Starts the counters for the periods of a charge, before its entry is written. */
  public <E extends Exception> PeriodCounters begun(Instant at, Entries<E> entries) throws E {
    return begun(period -> period.isStale(number(period), at), at, entries);
  }

  /** Replaces counters that are ahead of {@code now} with counters of the current periods. */
  public <E extends Exception> PeriodCounters putRight(Instant now, Entries<E> entries) throws E {
    return begun(period -> period.isAhead(number(period), now), now, entries);
  }

  private <E extends Exception> PeriodCounters begun(
      Predicate<Period> which, Instant at, Entries<E> entries) throws E {
    PeriodCounters begun = this;
    for (Period period : Period.values()) {
      if (which.test(period)) {
        entries.replacing(period, number(period), at);
        long number = period.number(at);
        begun = begun.with(period, number, entries.charged(period, number));
      }
    }
    return begun;
  }

  /**
   * Adds a charge to each counter whose period contains {@code at}. A sum stops at {@link
   * Money#MOST}. It is only a part of the project's charges, whose total does fit, so a charge is
   * never refused because of it.
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
