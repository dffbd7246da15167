package dev.tollgate.gateway.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AskedTest {
  @Test
  void anOrdinaryRequestIsShownAsItIs() {
    assertThat(Asked.of("GET", "/api/v1/models/anthropic/claude-sonnet-4.6/endpoint"))
        .isEqualTo(new Asked("GET", "/api/v1/models/anthropic/claude-sonnet-4.6/endpoint"));
  }

  @Test
  void whatIsNotKnownIsADash() {
    assertThat(Asked.of(null, null)).isEqualTo(new Asked("-", "-"));
    assertThat(Asked.of("", "")).isEqualTo(new Asked("-", "-"));
  }

  @Test
  void nothingBreaksOutOfItsField() {
    assertThat(Asked.of("G\nT", "/a b\u0000\r\n\u00e4\u001b[31m"))
        .isEqualTo(new Asked("G?T", "/a?b????" + "?[31m"));
  }

  @Test
  void bothAreShort() {
    Asked asked = Asked.of("X".repeat(100), "/x".repeat(1_000));

    assertThat(asked.method()).isEqualTo("X".repeat(20) + "...");
    assertThat(asked.path()).isEqualTo("/x".repeat(100) + "...");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "tg_a1b2c3d4_0123456789012345678901234567890123456789012",
        "sk-or-v1-0123456789abcdef0123456789abcdef",
        "0123456789abcdef0123456789abcdef"
      })
  void whatMayBeAKeyIsCutShort(String key) {
    assertThat(Asked.of("GET", "/v1/" + key + "/models").path())
        .isEqualTo("/v1/" + key.substring(0, 8) + ".../models");
  }

  @Test
  void aKeyThatTheEndOfThePathCutsIsCutShort() {
    String path = "/x".repeat(190) + "/tg_a1b2c3d4_0123456789";

    assertThat(Asked.of("GET", path).path()).doesNotContain("0123");
  }
}
