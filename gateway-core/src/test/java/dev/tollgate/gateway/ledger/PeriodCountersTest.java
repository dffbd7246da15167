package dev.tollgate.gateway.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.account.SpendingCaps;
import dev.tollgate.gateway.ledger.PeriodCounters.Earlier;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class PeriodCountersTest {
  private static final Instant NOON = Instant.parse("2026-01-15T12:00:00Z");
  private static final Instant NEXT_DAY = Instant.parse("2026-01-16T00:01:00Z");

  /** The entries say that 3 was charged on any day, and 30 in any longer time. */
  private static final PeriodCounters.Entries<RuntimeException> ENTRIES =
      (from, to) -> new Money(to.equals(from.plus(Duration.ofDays(1))) ? 3 : 30);

  private static final PeriodCounters.Entries<RuntimeException> UNREADABLE =
      (from, to) -> {
        throw new IllegalStateException("the entries from " + from + " to " + to + " were read");
      };

  private static PeriodCounters of(Instant at) {
    return new PeriodCounters(
        Period.DAILY.number(at), new Money(5), Period.MONTHLY.number(at), new Money(50));
  }

  @Test
  void aChargeOfANewerDayBeginsItWithWhatTheEntriesSay() {
    PeriodCounters next = of(NOON).begun(NEXT_DAY, ENTRIES).plus(new Money(1), NEXT_DAY);

    assertThat(next.day()).isEqualTo(new Money(4));
    assertThat(next.month()).isEqualTo(new Money(51));
    assertThat(next.differences(of(NOON))).isEqualTo(1);
  }

  @Test
  void aCounterThatIsAheadByTheClockSkewStays() {
    Instant before = NEXT_DAY.minusSeconds(120);
    PeriodCounters counters = of(NEXT_DAY);

    assertThat(counters.charged(Period.DAILY, before, ENTRIES)).isEqualTo(new Money(5));
    assertThat(counters.begun(before, ENTRIES).plus(new Money(1), before).day())
        .isEqualTo(new Money(5));
  }

  @Test
  void aCounterThatIsFurtherAheadIsReplaced() {
    PeriodCounters counters = of(NEXT_DAY);

    assertThat(counters.charged(Period.DAILY, NOON, ENTRIES)).isEqualTo(new Money(3));
    assertThat(counters.putRight(NOON, ENTRIES).dayNumber()).isEqualTo(Period.DAILY.number(NOON));
    assertThat(counters.putRight(NOON, ENTRIES).month()).isEqualTo(new Money(50));
  }

  @Test
  void aCapLeavesWhatIsNeitherChargedNorHeld() {
    SpendingCaps caps = new SpendingCaps(9L, null);

    assertThat(of(NOON).left(Period.DAILY, caps, new Money(1), NOON, ENTRIES))
        .isEqualTo(new Money(3));
    assertThat(of(NOON).left(Period.MONTHLY, caps, new Money(1), NOON, ENTRIES))
        .isEqualTo(Money.MOST);
  }

  // The 15th is a Thursday: 30 were charged from Monday on, and 30 before this month.

  @Test
  void aWeekIsTheDaysBeforeAndTheNewestDay() {
    PeriodCounters known = of(NOON).knowing(Period.WEEKLY, NOON, ENTRIES);

    assertThat(known.charged(Period.WEEKLY, NOON, UNREADABLE)).isEqualTo(new Money(35));
    assertThat(of(NOON).charged(Period.WEEKLY, NOON, ENTRIES)).isEqualTo(new Money(35));
  }

  @Test
  void allOfTimeIsTheMonthsBeforeAndTheNewestMonth() {
    PeriodCounters known = of(NOON).knowing(Period.TOTAL, NOON, ENTRIES);

    assertThat(known.charged(Period.TOTAL, NOON, UNREADABLE)).isEqualTo(new Money(80));
    assertThat(of(NOON).charged(Period.TOTAL, NOON, ENTRIES)).isEqualTo(new Money(80));
  }

  @Test
  void theNextDayAddsTheDayBeforeToItsWeek() {
    PeriodCounters next = of(NOON).knowing(Period.WEEKLY, NOON, ENTRIES).begun(NEXT_DAY, ENTRIES);

    assertThat(next.charged(Period.WEEKLY, NEXT_DAY, UNREADABLE)).isEqualTo(new Money(38));
  }

  @Test
  void aDayThatIsNotTheNextAddsWhatWasChargedInBetween() {
    Instant saturday = Instant.parse("2026-01-17T09:00:00Z");
    PeriodCounters next = of(NOON).knowing(Period.WEEKLY, NOON, ENTRIES).begun(saturday, ENTRIES);

    assertThat(next.charged(Period.WEEKLY, saturday, UNREADABLE)).isEqualTo(new Money(41));
  }

  @Test
  void aRequestOfANewDayOrMonthBeginsItSoThatTheNextOneReadsNothing() {
    Instant february = Instant.parse("2026-02-01T00:00:00Z");
    PeriodCounters begun =
        PeriodCounters.NOTHING
            .knowing(Period.WEEKLY, NEXT_DAY, ENTRIES)
            .knowing(Period.TOTAL, NEXT_DAY, ENTRIES);

    assertThat(begun.charged(Period.WEEKLY, NEXT_DAY, UNREADABLE)).isEqualTo(new Money(33));
    assertThat(begun.charged(Period.TOTAL, NEXT_DAY, UNREADABLE)).isEqualTo(new Money(60));
    assertThat(
            begun
                .knowing(Period.TOTAL, february, ENTRIES)
                .charged(Period.TOTAL, february, UNREADABLE))
        .isEqualTo(new Money(90));
  }

  @Test
  void aRequestByAClockThatIsBehindBeginsNothing() {
    PeriodCounters known = of(NEXT_DAY).knowing(Period.WEEKLY, NEXT_DAY, ENTRIES);

    assertThat(known.knowing(Period.WEEKLY, NOON, ENTRIES)).isEqualTo(known);
  }

  @Test
  void aMondayBeginsItsWeekAnew() {
    Instant monday = Instant.parse("2026-01-19T00:00:00Z");
    PeriodCounters next = of(NOON).knowing(Period.WEEKLY, NOON, ENTRIES).begun(monday, ENTRIES);

    assertThat(next.charged(Period.WEEKLY, monday, UNREADABLE)).isEqualTo(new Money(3));
  }

  @Test
  void theNextMonthAddsTheMonthBeforeToAllOfTime() {
    Instant february = Instant.parse("2026-02-01T00:00:00Z");
    PeriodCounters next = of(NOON).knowing(Period.TOTAL, NOON, ENTRIES).begun(february, ENTRIES);

    assertThat(next.charged(Period.TOTAL, february, UNREADABLE)).isEqualTo(new Money(110));
  }

  @Test
  void aChargeThatComesLateIsAddedToWhatWasEarlier() {
    PeriodCounters known =
        of(NOON).knowing(Period.WEEKLY, NOON, ENTRIES).knowing(Period.TOTAL, NOON, ENTRIES);

    PeriodCounters monday = known.plus(new Money(1), Instant.parse("2026-01-12T00:00:00Z"));
    assertThat(monday.charged(Period.WEEKLY, NOON, UNREADABLE)).isEqualTo(new Money(36));
    assertThat(monday.charged(Period.TOTAL, NOON, UNREADABLE)).isEqualTo(new Money(81));

    PeriodCounters december = known.plus(new Money(1), Instant.parse("2025-12-31T23:59:59Z"));
    assertThat(december.charged(Period.WEEKLY, NOON, UNREADABLE)).isEqualTo(new Money(35));
    assertThat(december.charged(Period.TOTAL, NOON, UNREADABLE)).isEqualTo(new Money(81));
  }

  @Test
  void whatABuildWithoutEarlierSumsHasCountedIsReadFromTheEntries() {
    PeriodCounters known = of(NOON).knowing(Period.WEEKLY, NOON, ENTRIES);
    PeriodCounters counted =
        new PeriodCounters(
            known.dayNumber() + 1,
            new Money(7),
            known.monthNumber(),
            known.month(),
            known.week(),
            known.ever());

    assertThat(counted.charged(Period.WEEKLY, NEXT_DAY, ENTRIES)).isEqualTo(new Money(37));
    assertThat(
            counted
                .knowing(Period.WEEKLY, NEXT_DAY, ENTRIES)
                .charged(Period.WEEKLY, NEXT_DAY, UNREADABLE))
        .isEqualTo(new Money(37));
  }

  @Test
  void afterAClockThatWasAheadEarlierSumsAreReadFromTheEntries() {
    PeriodCounters known = of(NEXT_DAY).knowing(Period.WEEKLY, NEXT_DAY, ENTRIES);

    assertThat(known.putRight(NOON, ENTRIES).week()).isEqualTo(Earlier.UNKNOWN);
  }

  @Test
  void aSumStopsAtTheMostThereIs() {
    assertThat(of(NOON).plus(Money.MOST, NOON).day()).isEqualTo(Money.MOST);
  }

  @Test
  void freeRequestsAreCountedByTheDay() {
    FreeRequests two = FreeRequests.NONE.plusOne(NOON).plusOne(NOON);

    assertThat(two.on(NOON)).isEqualTo(2);
    assertThat(two.on(NEXT_DAY)).isZero();
    assertThat(two.plusOne(NEXT_DAY).on(NEXT_DAY)).isEqualTo(1);
    assertThat(two.plusOne(NEXT_DAY).putRight(NOON).on(NOON)).isZero();
  }
}
