package dev.tollgate.gateway.account;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SecretTest {
  @Test
  void itDoesNotPrint() {
    assertThat(Secret.of("sk-or-1")).hasToString("***");
  }

  @Test
  void aProjectDoesNotPrintItsUpstreamKey() {
    Project project =
        new Project("prj_1", "shop", true, Secret.of("sk-or-1"), Markup.NONE, Instant.EPOCH);

    assertThat(project.toString()).contains("***").doesNotContain("sk-or-1");
  }

  @Test
  void itIsRevealedToWhoAsks() {
    assertThat(Secret.of("sk-or-1").reveal()).isEqualTo("sk-or-1");
  }

  @Test
  void equalTextsAreEqual() {
    assertThat(Secret.of("a")).isEqualTo(Secret.of("a")).hasSameHashCodeAs(Secret.of("a"));
  }

  @Test
  void differentTextsDiffer() {
    assertThat(Secret.of("a")).isNotEqualTo(Secret.of("b")).isNotEqualTo(Secret.of("aa"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", " ", "a\n", "a\r\nX-Injected: 1", "a\tb", "a\u0000", "caf\u00e9", "\u007f"})
  void whatAHeaderCannotCarryIsRefusedAndNotRepeated(String value) {
    assertThatThrownBy(() -> Secret.of(value))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a secret must be one line of printable ASCII, not blank");
  }
}
