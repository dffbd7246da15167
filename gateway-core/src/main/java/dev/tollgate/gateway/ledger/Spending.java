package dev.tollgate.gateway.ledger;

import java.time.DayOfWeek;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.TemporalAdjusters;

/**
 * What a project, or one of its keys, has spent so far.
 *
 * @param project the sums of the project, also where the rest is a key's
 * @param ever all charges; zero or more
 * @param daily the charges of the day, in UTC
 * @param weekly the charges since Monday, in UTC
 * @param monthly the charges of the month, in UTC
 * @param held what open and pending holds keep
 * @param freeRequests how many requests for free models the project made on the day, as far as
 *     {@link HoldLimits#maxFreeOfDay} had them counted
 */
public record Spending(
    ProjectTotals project,
    Money ever,
    Money daily,
    Money weekly,
    Money monthly,
    Money held,
    int freeRequests) {
  /** Of a project without any entry. */
  public static final Spending NOTHING =
      new Spending(
          ProjectTotals.NOTHING, Money.ZERO, Money.ZERO, Money.ZERO, Money.ZERO, Money.ZERO, 0);

  /** The charges of the current period. */
  public Money charged(Period period) {
    return switch (period) {
      case DAILY -> daily;
      case MONTHLY -> monthly;
    };
  }

  /** When the week of a moment began: Monday, 0:00 UTC. */
  public static Instant startOfWeek(Instant at) {
    return LocalDate.ofInstant(at, ZoneOffset.UTC)
        .with(TemporalAdjusters.previousOrSame(DayOfWeek.MONDAY))
        .atStartOfDay(ZoneOffset.UTC)
        .toInstant();
  }
}
