package dev.tollgate.gateway.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.account.Markup;
import dev.tollgate.gateway.account.SpendingCaps;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class HoldAdmissionTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  /** A project whose figures a test sets. */
  private static final class Figures implements HoldAdmission.Account<RuntimeException> {
    long open;
    long free;
    @Nullable String holdOfKey;
    final Map<Period, Money> left = new EnumMap<>(Period.class);
    Money available = new Money(100);

    @Override
    public long openHolds() {
      return open;
    }

    @Override
    public long freeRequests() {
      return free;
    }

    @Override
    public Optional<String> holdOf(String idempotencyKey, Instant since) {
      assertThat(since).isEqualTo(NOW.minus(Ledger.IDEMPOTENCY_WINDOW));
      return Optional.ofNullable(holdOfKey);
    }

    @Override
    public Money left(Period period) {
      return left.getOrDefault(period, Money.MOST);
    }

    @Override
    public Balance balance() {
      return new Balance(available, Money.ZERO);
    }
  }

  private final Figures figures = new Figures();

  private HoldOutcome decide(HoldMode mode, boolean free) {
    HoldLimits limits = new HoldLimits(2, 3, SpendingCaps.NONE, SpendingCaps.NONE);
    return HoldAdmission.decide(
        new HoldRequest(
            "h1",
            "p",
            "k",
            new Money(10),
            mode,
            Markup.NONE,
            "m",
            "",
            "u",
            "key",
            limits,
            Money.ZERO,
            free,
            NOW),
        figures);
  }

  @Test
  void eachReasonCountsInItsOrder() {
    figures.open = 2;
    figures.free = 3;
    figures.holdOfKey = "h0";
    figures.left.put(Period.DAILY, Money.ZERO);
    figures.left.put(Period.MONTHLY, Money.ZERO);
    figures.available = Money.ZERO;

    assertThat(decide(HoldMode.BOUNDED, false)).isInstanceOf(HoldOutcome.TooManyOpen.class);
    figures.open = 1;
    assertThat(decide(HoldMode.BOUNDED, false)).isInstanceOf(HoldOutcome.TooManyFree.class);
    figures.free = 2;
    assertThat(decide(HoldMode.BOUNDED, false)).isEqualTo(new HoldOutcome.Duplicate("h0"));
    figures.holdOfKey = null;
    assertThat(decide(HoldMode.BOUNDED, false))
        .isEqualTo(new HoldOutcome.CapReached(Period.MONTHLY));
    figures.left.remove(Period.MONTHLY);
    assertThat(decide(HoldMode.BOUNDED, false)).isEqualTo(new HoldOutcome.CapReached(Period.DAILY));
    figures.left.remove(Period.DAILY);
    assertThat(decide(HoldMode.BOUNDED, false)).isInstanceOf(HoldOutcome.Insufficient.class);
  }

  @Test
  void boundedIsCutToTheLeastThatIsLeft() {
    figures.left.put(Period.MONTHLY, new Money(7));
    figures.available = new Money(4);

    assertThat(decide(HoldMode.BOUNDED, false)).isEqualTo(new HoldOutcome.Held(new Money(4)));
  }

  @Test
  void strictNeedsAllOfIt() {
    figures.left.put(Period.DAILY, new Money(9));
    assertThat(decide(HoldMode.STRICT, false)).isEqualTo(new HoldOutcome.CapReached(Period.DAILY));
    figures.left.put(Period.DAILY, new Money(10));
    assertThat(decide(HoldMode.STRICT, false)).isEqualTo(new HoldOutcome.Held(new Money(10)));
  }

  @Test
  void aFreeRequestHoldsNothingWhateverIsLeft() {
    figures.left.put(Period.DAILY, Money.ZERO);
    figures.available = new Money(-5);

    assertThat(decide(HoldMode.STRICT, true)).isEqualTo(new HoldOutcome.Held(Money.ZERO));
  }
}
