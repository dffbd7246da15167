package dev.tollgate.gateway.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.account.SpendingCaps;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class PeriodTest {
  @ParameterizedTest
  @CsvSource({
    "DAILY,1970-01-01T00:00:00Z,0",
    "DAILY,1970-01-01T23:59:59.999Z,0",
    "DAILY,2026-02-10T12:00:00Z,20494",
    "MONTHLY,1970-01-31T23:59:59.999Z,0",
    "MONTHLY,1970-02-01T00:00:00Z,1",
    "WEEKLY,1970-01-01T00:00:00Z,0",
    "WEEKLY,1970-01-04T23:59:59.999Z,0",
    "WEEKLY,1970-01-05T00:00:00Z,1",
    "WEEKLY,2026-02-09T00:00:00Z,2928",
    "WEEKLY,2026-02-08T23:59:59.999Z,2927",
    "TOTAL,2026-02-10T00:00:00Z,0",
    "MONTHLY,2026-02-28T23:59:59.999Z,673",
    "MONTHLY,2026-03-01T00:00:00Z,674"
  })
  void aPeriodIsCountedFromTheFirstOf1970(Period period, Instant at, long number) {
    assertThat(period.number(at)).isEqualTo(number);
  }

  @ParameterizedTest
  @CsvSource({
    "DAILY,2026-02-10T00:00:00Z,2026-02-11T00:00:00Z",
    "DAILY,2025-12-31T23:59:59.999Z,2026-01-01T00:00:00Z",
    "WEEKLY,2026-02-10T12:00:00Z,2026-02-16T00:00:00Z",
    "WEEKLY,2025-12-29T00:00:00Z,2026-01-05T00:00:00Z",
    "MONTHLY,2024-02-29T12:00:00Z,2024-03-01T00:00:00Z",
    "MONTHLY,2025-12-01T00:00:00Z,2026-01-01T00:00:00Z"
  })
  void aPeriodEndsWhereTheNextOneBegins(Period period, Instant at, Instant end) {
    assertThat(period.end(at)).contains(end);
    assertThat(period.number(end)).isEqualTo(period.number(at) + 1);
    assertThat(period.number(end.minusMillis(1))).isEqualTo(period.number(at));
  }

  @ParameterizedTest
  @CsvSource({
    "DAILY,2026-02-10T00:00:00Z",
    "DAILY,2024-02-29T00:00:00Z",
    "WEEKLY,2026-02-09T00:00:00Z",
    "MONTHLY,2026-02-01T00:00:00Z",
    "MONTHLY,1970-01-01T00:00:00Z"
  })
  void aPeriodIsFoundByItsNumber(Period period, Instant start) {
    assertThat(period.start(period.number(start))).isEqualTo(start);
  }

  @Test
  void theTotalNeverEnds() {
    assertThat(Period.TOTAL.end(Instant.parse("2026-02-10T00:00:00Z"))).isEmpty();
    assertThat(Period.TOTAL.start(0)).isEqualTo(Instant.EPOCH);
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "TOTAL")
  void aNumberOutOfAllBoundsIsAPeriodOfTheFuture(Period period) {
    assertThat(period.isAhead(Long.MAX_VALUE, Instant.parse("2026-02-10T00:00:00Z"))).isTrue();
  }

  @Test
  void eachPeriodHasItsCap() {
    SpendingCaps caps = new SpendingCaps(3L, 4L, 5L, 6L);

    assertThat(Period.DAILY.cap(caps)).contains(new Money(3));
    assertThat(Period.WEEKLY.cap(caps)).contains(new Money(4));
    assertThat(Period.MONTHLY.cap(caps)).contains(new Money(5));
    assertThat(Period.TOTAL.cap(caps)).contains(new Money(6));
    assertThat(Period.DAILY.cap(SpendingCaps.NONE)).isEmpty();
    assertThat(Period.MONTHLY.cap(SpendingCaps.NONE)).isEmpty();
  }
}
