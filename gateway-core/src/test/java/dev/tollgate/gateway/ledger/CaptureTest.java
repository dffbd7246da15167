package dev.tollgate.gateway.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CaptureTest {
  private static Capture capture(long cost, long charge, Set<Flag> flags) {
    return new Capture(
        "h1",
        new Money(cost),
        new Money(charge),
        "",
        flags,
        Tokens.NONE,
        null,
        null,
        Instant.EPOCH);
  }

  @Test
  void aCostBelowNothingIsRefused() {
    assertThatThrownBy(() -> capture(-1, 0, Set.of())).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aChargeBelowNothingIsRefused() {
    assertThatThrownBy(() -> capture(0, -1, Set.of())).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void theFlagsAreACopy() {
    Set<Flag> flags = EnumSet.of(Flag.ESTIMATED);
    Capture capture = capture(0, 0, flags);

    flags.add(Flag.UNRESOLVED);

    assertThat(capture.flags()).containsExactly(Flag.ESTIMATED);
  }

  @Test
  void theFlagsCannotBeChanged() {
    Set<Flag> flags = capture(0, 0, EnumSet.of(Flag.ESTIMATED)).flags();

    assertThatThrownBy(() -> flags.add(Flag.UNRESOLVED))
        .isInstanceOf(UnsupportedOperationException.class);
  }

  @Test
  void noFlagsAreFine() {
    assertThat(capture(0, 0, EnumSet.noneOf(Flag.class)).flags()).isEmpty();
  }
}
