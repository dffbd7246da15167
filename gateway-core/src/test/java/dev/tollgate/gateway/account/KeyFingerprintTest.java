package dev.tollgate.gateway.account;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeyFingerprintTest {
  /** FIPS 180-2, appendix B.1. */
  private static final String SHA256_OF_ABC =
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

  @Test
  void itIsTheSha256OfTheKey() {
    assertThat(KeyFingerprint.of("abc").hex()).isEqualTo(SHA256_OF_ABC);
  }

  @Test
  void parseReadsWhatHexWrote() {
    assertThat(KeyFingerprint.parse(SHA256_OF_ABC))
        .isEqualTo(KeyFingerprint.of("abc"))
        .hasSameHashCodeAs(KeyFingerprint.of("abc"));
  }

  @Test
  void differentKeysDiffer() {
    assertThat(KeyFingerprint.of("abc")).isNotEqualTo(KeyFingerprint.of("abd"));
  }

  @Test
  void itPrintsItsFirstEightDigits() {
    assertThat(KeyFingerprint.of("abc")).hasToString("ba7816bf");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "ba78", "zz", SHA256_OF_ABC + "00"})
  void whatIsNot64HexadecimalDigitsIsRefused(String hex) {
    assertThatThrownBy(() -> KeyFingerprint.parse(hex))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
