package dev.tollgate.gateway.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.account.SpendingCaps;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class PeriodCountersTest {
  private static final Instant NOON = Instant.parse("2026-01-15T12:00:00Z");
  private static final Instant NEXT_DAY = Instant.parse("2026-01-16T00:01:00Z");

  /** What the entries say was charged in any period. */
  private static final PeriodCounters.Entries<RuntimeException> ENTRIES =
      (period, number) -> new Money(period == Period.DAILY ? 3 : 30);

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
