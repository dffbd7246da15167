package dev.tollgate.gateway.ledger;

import dev.tollgate.gateway.account.SpendingCaps;
import java.time.Instant;
import java.time.LocalDate;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.time.temporal.ChronoField;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** A period that spending caps apply to, in UTC. */
public enum Period {
  /** From midnight to midnight. */
  DAILY,
  /** From Monday to Monday. */
  WEEKLY,
  /** From the first of one month to the first of the next. */
  MONTHLY,
  /** From 1970 on, without an end. */
  TOTAL;

  /** All periods. If several caps are reached, the longest period is reported. */
  public static final List<Period> LONGEST_FIRST = List.of(TOTAL, MONTHLY, WEEKLY, DAILY);

  /** The periods that {@link PeriodCounters} count. The others add up from these. */
  static final List<Period> COUNTED = List.of(DAILY, MONTHLY);

  private static final long SECONDS_OF_A_DAY = 86_400;
  private static final long MONTHS_TO_1970 = 1970 * 12L;
  private static final int DAYS_OF_A_WEEK = 7;

  // 1 January 1970 was a Thursday.
  private static final int DAYS_FROM_MONDAY_TO_1970 = 3;

  // All three limits are in the year 9999.
  private static final long MAX_DAY = 2_932_532;
  private static final long MAX_WEEK = MAX_DAY / DAYS_OF_A_WEEK;
  private static final long MAX_MONTH = 96_348;

  /** The cap of this period; empty: no cap. */
  public Optional<Money> cap(SpendingCaps caps) {
    Long nanos =
        switch (this) {
          case DAILY -> caps.dailyNanos();
          case WEEKLY -> caps.weeklyNanos();
          case MONTHLY -> caps.monthlyNanos();
          case TOTAL -> caps.totalNanos();
        };
    return Optional.ofNullable(nanos).map(Money::new);
  }

  /**
   * The number of the period that contains {@code at}. The period of 1 January 1970 is number 0.
   */
  public long number(Instant at) {
    // Integer arithmetic, because the ledger calls this several times for each entry it writes.
    long day = Math.floorDiv(at.getEpochSecond(), SECONDS_OF_A_DAY);
    return switch (this) {
      case DAILY -> day;
      case WEEKLY -> Math.floorDiv(day + DAYS_FROM_MONDAY_TO_1970, DAYS_OF_A_WEEK);
      case MONTHLY ->
          LocalDate.ofEpochDay(day).getLong(ChronoField.PROLEPTIC_MONTH) - MONTHS_TO_1970;
      case TOTAL -> 0;
    };
  }

  /** The start of a period. A number past the last supported period counts as the last. */
  public Instant start(long number) {
    LocalDate day =
        switch (this) {
          case DAILY -> LocalDate.ofEpochDay(Math.min(number, MAX_DAY));
          case WEEKLY ->
              LocalDate.ofEpochDay(
                  Math.min(number, MAX_WEEK) * DAYS_OF_A_WEEK - DAYS_FROM_MONDAY_TO_1970);
          case MONTHLY -> YearMonth.of(1970, 1).plusMonths(Math.min(number, MAX_MONTH)).atDay(1);
          case TOTAL -> LocalDate.EPOCH;
        };
    return day.atStartOfDay(ZoneOffset.UTC).toInstant();
  }

  /** The start of the next period, or of the same one if there is no next. */
  public Instant startOfNext(long number) {
    return start(number == Long.MAX_VALUE ? number : number + 1);
  }

  /**
   * Whether a counter's period is ahead of {@code at} by more than {@link Ledger#CLOCK_SKEW}. Only
   * a wrong clock can have started such a counter.
   */
  public boolean isAhead(long number, Instant at) {
    return number > number(at) && start(number).isAfter(at.plus(Ledger.CLOCK_SKEW));
  }

  /**
   * Whether a counter's period does not count at {@code at}: {@code at} is in a newer period, or
   * the counter {@linkplain #isAhead is ahead}.
   */
  public boolean isStale(long number, Instant at) {
    return number(at) > number || isAhead(number, at);
  }

  /** The end of the period that contains {@code at}; empty: it has none. */
  public Optional<Instant> end(Instant at) {
    return this == TOTAL ? Optional.empty() : Optional.of(startOfNext(number(at)));
  }

  /** The name as shown to callers. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
