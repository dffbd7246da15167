package dev.tollgate.gateway.ledger;

import dev.tollgate.gateway.account.SpendingCaps;
import java.time.Instant;
import java.util.function.Predicate;

/**
 * The counters of a project or a key: the charges in the newest day and in the newest month. Each
 * counter caches the sum of its period's charges. {@link Ledger#hold} says which period a counter
 * belongs to. The charges of the newest day's week, and those of all time, are the counters' own
 * and {@linkplain Earlier earlier} ones.
 *
 * @param dayNumber see {@link Period#number}
 * @param monthNumber see {@link Period#number}
 * @param week the charges of the week before the newest day
 * @param ever the charges before the newest month
 */
public record PeriodCounters(
    long dayNumber, Money day, long monthNumber, Money month, Earlier week, Earlier ever) {
  /** The counters before the first charge. */
  public static final PeriodCounters NOTHING = new PeriodCounters(0, Money.ZERO, 0, Money.ZERO);

  /**
   * The sum of the charges from the start of a longer period up to the counted one. Only caps of
   * the longer period need it, so it is {@linkplain #knowing computed} when the first one asks, and
   * kept up to date from then on.
   *
   * @param before the number of the counted period. For another one the sum is unknown: a build
   *     that does not know of this sum has counted on
   */
  public record Earlier(long before, Money charged) {
    /** Not computed yet. */
    public static final Earlier UNKNOWN = new Earlier(-1, Money.ZERO);

    Earlier plus(Money more) {
      return new Earlier(before, charged.plusSaturated(more));
    }
  }

  /** Reads sums from the entries. Called only if a counter or an earlier sum does not fit. */
  public interface Entries<E extends Exception> {
    /**
     * The sum of the charges from one time up to, but not including, another.
     *
     * @throws E if the entries cannot be read
     */
    Money charged(Instant from, Instant to) throws E;

    /** Called before a counter is replaced. A wrong clock may have started that counter. */
    default void replacing(Period period, long number, Instant at) {}
  }

  /** Counters without earlier sums. */
  public PeriodCounters(long dayNumber, Money day, long monthNumber, Money month) {
    this(dayNumber, day, monthNumber, month, Earlier.UNKNOWN, Earlier.UNKNOWN);
  }

  /** The number of the counted period, a day or a month. */
  public long number(Period counted) {
    return counted == Period.DAILY ? dayNumber : monthNumber;
  }

  /** The charges in the counted period, a day or a month. */
  public Money charged(Period counted) {
    return counted == Period.DAILY ? day : month;
  }

  private Earlier earlier(Period counted) {
    return counted == Period.DAILY ? week : ever;
  }

  private PeriodCounters with(Period counted, long number, Money charged, Earlier earlier) {
    return counted == Period.DAILY
        ? new PeriodCounters(number, charged, monthNumber, month, earlier, ever)
        : new PeriodCounters(dayNumber, day, number, charged, week, earlier);
  }

  /** The counted period that the charges of a period are counted by. */
  private static Period countedOf(Period period) {
    return period == Period.DAILY || period == Period.WEEKLY ? Period.DAILY : Period.MONTHLY;
  }

  /** The longer period that adds up from the counted one. */
  private static Period longerThan(Period counted) {
    return counted == Period.DAILY ? Period.WEEKLY : Period.TOTAL;
  }

  private static <E extends Exception> Money sum(Period period, long number, Entries<E> entries)
      throws E {
    return entries.charged(period.start(number), period.startOfNext(number));
  }

  /** How many counters belong to another period than the counters of {@code other}. */
  public int differences(PeriodCounters other) {
    return (dayNumber == other.dayNumber ? 0 : 1) + (monthNumber == other.monthNumber ? 0 : 1);
  }

  /**
   * The charges that count against a cap at {@code at}.
   *
   * @param <E> thrown if the entries cannot be read
   */
  public <E extends Exception> Money charged(Period period, Instant at, Entries<E> entries)
      throws E {
    Period counted = countedOf(period);
    boolean stale = counted.isStale(number(counted), at);
    long number = stale ? counted.number(at) : number(counted);
    Money charged = stale ? sum(counted, number, entries) : charged(counted);
    if (period == counted) {
      return charged;
    }
    Money before =
        !stale && earlier(counted).before == number
            ? earlier(counted).charged
            : sumBefore(counted, number, entries);
    return before.plusSaturated(charged);
  }

  /** The charges of the longer period before the counted one. */
  private static <E extends Exception> Money sumBefore(
      Period counted, long number, Entries<E> entries) throws E {
    Instant end = counted.start(number);
    Period longer = longerThan(counted);
    Instant start = longer.start(longer.number(end));
    return start.isBefore(end) ? entries.charged(start, end) : Money.ZERO;
  }

  /**
   * Prepares the counters for a cap of a longer period, so that the next request reads no entry.
   * Begins the counted period if {@code at} is in a newer one. Computes the earlier sum if it is
   * unknown. Counters that are ahead stay as they are.
   *
   * @param <E> thrown if the entries cannot be read
   */
  public <E extends Exception> PeriodCounters knowing(Period period, Instant at, Entries<E> entries)
      throws E {
    Period counted = countedOf(period);
    PeriodCounters begun = begunFor(period, at, entries);
    long number = begun.number(counted);
    if (period == counted
        || begun.earlier(counted).before == number
        || counted.isStale(number, at)) {
      return begun;
    }
    Earlier earlier = new Earlier(number, sumBefore(counted, number, entries));
    return begun.with(counted, number, begun.charged(counted), earlier);
  }

  /**
   * Begins the counted period of a longer one if {@code at} is in a newer one.
   *
   * @param <E> thrown if the entries cannot be read
   */
  <E extends Exception> PeriodCounters begunFor(Period period, Instant at, Entries<E> entries)
      throws E {
    Period counted = countedOf(period);
    boolean newer = period != counted && counted.number(at) > number(counted);
    return newer ? begun(each -> each == counted, at, entries) : this;
  }

  /**
   * The remainder of a period's cap at {@code at}: zero or less if the cap is reached.
   *
   * @param held the amount held now
   * @param <E> thrown if the entries cannot be read
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

  /**
   * Starts the counters for the periods of a charge, before its entry is written.
   *
   * @param <E> thrown if the entries cannot be read
   */
  public <E extends Exception> PeriodCounters begun(Instant at, Entries<E> entries) throws E {
    return begun(period -> period.isStale(number(period), at), at, entries);
  }

  /**
   * Replaces counters that are ahead of {@code now} with counters of the current periods.
   *
   * @param <E> thrown if the entries cannot be read
   */
  public <E extends Exception> PeriodCounters putRight(Instant now, Entries<E> entries) throws E {
    return begun(period -> period.isAhead(number(period), now), now, entries);
  }

  private <E extends Exception> PeriodCounters begun(
      Predicate<Period> which, Instant at, Entries<E> entries) throws E {
    PeriodCounters begun = this;
    for (Period counted : Period.COUNTED) {
      if (which.test(counted)) {
        entries.replacing(counted, number(counted), at);
        long number = counted.number(at);
        begun =
            begun.with(
                counted,
                number,
                sum(counted, number, entries),
                earlierThan(counted, number, entries));
      }
    }
    return begun;
  }

  /** The earlier sum for a newer counted period. Reads no entry of the periods counted so far. */
  private <E extends Exception> Earlier earlierThan(Period counted, long number, Entries<E> entries)
      throws E {
    long old = number(counted);
    if (earlier(counted).before != old || number < old) {
      return Earlier.UNKNOWN;
    }
    Period longer = longerThan(counted);
    Instant start = longer.start(longer.number(counted.start(number)));
    Earlier earlier = new Earlier(number, Money.ZERO);
    if (start.isAfter(counted.start(old))) {
      return earlier.plus(sumBefore(counted, number, entries));
    }
    Instant between = counted.startOfNext(old);
    Instant end = counted.start(number);
    return earlier
        .plus(earlier(counted).charged)
        .plus(charged(counted))
        // Charges by a clock that was ahead.
        .plus(between.isBefore(end) ? entries.charged(between, end) : Money.ZERO);
  }

  /**
   * Adds a charge to each counter whose period contains {@code at}, and to the earlier sum if it
   * comes late. A sum stops at {@link Money#MOST}. It is only a part of the project's charges,
   * whose total does fit, so a charge is never refused because of it.
   */
  public PeriodCounters plus(Money charge, Instant at) {
    PeriodCounters sum = this;
    for (Period counted : Period.COUNTED) {
      long number = number(counted);
      if (counted.number(at) == number) {
        sum = sum.with(counted, number, charged(counted).plusSaturated(charge), earlier(counted));
      } else if (counted.number(at) < number && isOfSameLonger(counted, at)) {
        sum = sum.with(counted, number, charged(counted), earlier(counted).plus(charge));
      }
    }
    return sum;
  }

  private boolean isOfSameLonger(Period counted, Instant at) {
    Period longer = longerThan(counted);
    return longer.number(at) == longer.number(counted.start(number(counted)));
  }
}
