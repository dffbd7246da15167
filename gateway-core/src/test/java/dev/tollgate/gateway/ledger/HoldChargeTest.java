package dev.tollgate.gateway.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.account.Markup;
import java.time.Instant;
import java.util.Set;
import org.junit.jupiter.api.Test;

class HoldChargeTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  private static Hold hold(HoldMode mode, long placed, long held) {
    HoldRequest request =
        new HoldRequest(
            "h1", "p", "k", new Money(placed), mode, Markup.NONE, "asked/model", "u", null, NOW);
    return new Hold(
        request,
        Hold.State.PENDING,
        new Money(placed),
        new Money(held),
        Fallback.estimate(Money.ZERO),
        "",
        "gen-1",
        NOW,
        0,
        NOW);
  }

  private static Capture capture(long charge) {
    return new Capture(
        "h1",
        new Money(charge),
        new Money(charge),
        "0.1",
        Set.of(Flag.UNRESOLVED),
        new Tokens(3, 4),
        null,
        null,
        NOW);
  }

  private static HoldCharge charge(HoldMode mode, long placed, long held, long asked, long free) {
    return HoldCharge.of(hold(mode, placed, held), capture(asked), new Money(free));
  }

  @Test
  void boundedChargesAllAndRecordsTheOverrun() {
    HoldCharge charge = charge(HoldMode.BOUNDED, 10, 6, 9, 0);

    assertThat(charge.charge()).isEqualTo(new Money(9));
    assertThat(charge.overrun()).isEqualTo(new Money(3));
    assertThat(charge.shortfallEntry()).isEmpty();
  }

  @Test
  void strictChargesAtMostWhatWasPlaced() {
    HoldCharge charge = charge(HoldMode.STRICT, 10, 10, 12, 100);

    assertThat(charge.charge()).isEqualTo(new Money(10));
    assertThat(charge.overrun()).isEqualTo(Money.ZERO);
    assertThat(charge.shortfall()).isEqualTo(new Money(2));
  }

  @Test
  void strictCoversAHoldThatWasCutByFreeMoney() {
    assertThat(charge(HoldMode.STRICT, 10, 2, 9, 5).charge()).isEqualTo(new Money(7));
    assertThat(charge(HoldMode.STRICT, 10, 2, 9, 50).charge()).isEqualTo(new Money(9));
    assertThat(charge(HoldMode.STRICT, 10, 2, 9, -50).charge()).isEqualTo(new Money(2));
  }

  @Test
  void theEntriesSayWhatTheUpstreamSaidOnce() {
    HoldCharge charge = charge(HoldMode.STRICT, 10, 10, 12, 0);
    Entry entry = charge.entry();
    Entry shortfall = charge.shortfallEntry().orElseThrow();

    assertThat(entry.id()).isEqualTo("h1");
    assertThat(entry.literal()).isEqualTo("0.1");
    assertThat(entry.tokens()).isEqualTo(new Tokens(3, 4));
    assertThat(entry.model()).isEqualTo("asked/model");
    assertThat(entry.generationId()).isEqualTo("gen-1");
    assertThat(shortfall.id()).isEqualTo("h1/shortfall");
    assertThat(shortfall.amount()).isEqualTo(new Money(2));
    assertThat(shortfall.cost()).isEqualTo(Money.ZERO);
    assertThat(shortfall.flags()).isEmpty();
    assertThat(shortfall.tokens()).isEqualTo(Tokens.NONE);
  }

  @Test
  void aRepeatAsksForTheChargeAndItsShortfall() {
    HoldCharge charge = charge(HoldMode.STRICT, 10, 10, 12, 0);
    Entry entry = charge.entry();
    Entry shortfall = charge.shortfallEntry().orElseThrow();

    assertThat(HoldCharge.isRepeat(capture(12), entry, shortfall)).isTrue();
    assertThat(HoldCharge.isRepeat(capture(12), entry, null)).isFalse();
    assertThat(HoldCharge.isRepeat(capture(10), entry, shortfall)).isFalse();
  }
}
