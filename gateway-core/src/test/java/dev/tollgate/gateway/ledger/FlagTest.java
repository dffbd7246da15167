package dev.tollgate.gateway.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class FlagTest {
  @Test
  void noFlagsAreAnEmptyText() {
    assertThat(Flag.format(Set.of())).isEmpty();
    assertThat(Flag.parse("")).isEmpty();
  }

  @Test
  void severalAreWrittenInOneOrder() {
    assertThat(Flag.format(Set.of(Flag.UNRESOLVED, Flag.ESTIMATED, Flag.ABSURD_COST)))
        .isEqualTo("estimated,absurd_cost,unresolved");
  }

  @ParameterizedTest
  @EnumSource
  void whatIsWrittenIsReadAgain(Flag flag) {
    assertThat(Flag.parse(flag.toString())).containsExactly(flag);
  }

  @Test
  void allOfThemAreReadAgain() {
    Set<Flag> all = EnumSet.allOf(Flag.class);

    assertThat(Flag.parse(Flag.format(all))).isEqualTo(all);
  }

  @ParameterizedTest
  @ValueSource(strings = {"odd,estimated", "estimated,", "estimated, unresolved"})
  void whatALaterVersionWroteIsLeftOut(String text) {
    assertThat(Flag.parse(text)).containsExactly(Flag.ESTIMATED);
  }

  @Test
  void whatWasReadCannotBeChanged() {
    Set<Flag> flags = Flag.parse("estimated");

    assertThatThrownBy(() -> flags.add(Flag.UNRESOLVED))
        .isInstanceOf(UnsupportedOperationException.class);
  }
}
