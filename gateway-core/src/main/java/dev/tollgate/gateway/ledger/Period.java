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

/** What spending caps are counted by, in UTC. */
public enum Period {
  /** From midnight to midnight. */
  DAILY,
  /** From the first of a month to the next. */
  MONTHLY;

  /** Both; of several caps that are reached, the one that lasts longest is told. */
  public static final List<Period> LONGEST_FIRST = List.of(MONTHLY, DAILY);

  private static final long SECONDS_OF_A_DAY = 86_400;
  private static final long MONTHS_TO_1970 = 1970 * 12L;

  // In the year 9999.
  private static final long MAX_DAY = 2_932_532;
  private static final long MAX_MONTH = 96_348;

  /** What may be spent in the period; empty: as much as there is. */
  public Optional<Money> cap(SpendingCaps caps) {
    Long nanos =
        switch (this) {
          case DAILY -> caps.dailyNanos();
          case MONTHLY -> caps.monthlyNanos();
        };
    return Optional.ofNullable(nanos).map(Money::new);
  }

  /** The number of the period, counted from that of 1 January 1970, which has the number 0. */
  public long number(Instant at) {
    // The ledger asks this several times for each entry that it writes.
    long day = Math.floorDiv(at.getEpochSecond(), SECONDS_OF_A_DAY);
    return switch (this) {
      case DAILY -> day;
      case MONTHLY ->
          LocalDate.ofEpochDay(day).getLong(ChronoField.PROLEPTIC_MONTH) - MONTHS_TO_1970;
    };
  }

  /** When a period begins. A number beyond the years that can be counted is taken as the last. */
  public Instant start(long number) {
    LocalDate day =
        switch (this) {
          case DAILY -> LocalDate.ofEpochDay(Math.min(number, MAX_DAY));
          case MONTHLY -> YearMonth.of(1970, 1).plusMonths(Math.min(number, MAX_MONTH)).atDay(1);
        };
    return day.atStartOfDay(ZoneOffset.UTC).toInstant();
  }

  /**
   * Whether the counter of a period is one that only a wrong clock can have begun: it is ahead of
   * {@code at} by more than {@link Ledger#CLOCK_SKEW}.
   */
  public boolean isAhead(long number, Instant at) {
    return number > number(at) && start(number).isAfter(at.plus(Ledger.CLOCK_SKEW));
  }

  /**
   * Whether the counter of a period is not the one that counts at a moment: the moment is of a
   * newer period, or the counter {@linkplain #isAhead is ahead}.
   */
  public boolean isStale(long number, Instant at) {
    return number(at) > number || isAhead(number, at);
  }

  /** When the period of {@code at} is over. */
  public Instant end(Instant at) {
    LocalDate day = LocalDate.ofInstant(at, ZoneOffset.UTC);
    LocalDate next =
        switch (this) {
          case DAILY -> day.plusDays(1);
          case MONTHLY -> YearMonth.from(day).plusMonths(1).atDay(1);
        };
    return next.atStartOfDay(ZoneOffset.UTC).toInstant();
  }

  /** As callers read it. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
