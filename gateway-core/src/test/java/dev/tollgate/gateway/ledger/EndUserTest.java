package dev.tollgate.gateway.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class EndUserTest {
  @Test
  void aNameIsRecordedWithoutSurroundingSpace() {
    assertThat(EndUser.of(" ann lee\t")).isEqualTo("ann lee");
    assertThat(EndUser.of(" ")).isEmpty();
  }

  @Test
  void aNameOf128CharactersIsRecordedAsItIs() {
    String name = "\uD83D\uDE00".repeat(128);

    assertThat(EndUser.of(name)).isEqualTo(name);
  }

  @Test
  void aLongerNameIsHashed() {
    assertThat(EndUser.of("a".repeat(129)))
        .isEqualTo("sha256:c12cb024a2e5551cca0e08fce8f1c5e314555cc3fef6329ee994a3db752166ae");
    assertThat(EndUser.of(" " + "a".repeat(129))).isEqualTo(EndUser.of("a".repeat(129)));
  }

  @Test
  void controlCharactersAreReplaced() {
    assertThat(EndUser.of("ann\n\u001b[31mred\u0085")).isEqualTo("ann\uFFFD\uFFFD[31mred\uFFFD");
  }

  @Test
  void aHeaderIsReadAsUtf8WhereItIsThat() {
    assertThat(EndUser.ofHeader("\u00c5\u00bdofie")).isEqualTo("\u017dofie");
    assertThat(EndUser.ofHeader("Jos\u00e9")).isEqualTo("Jos\u00e9");
    assertThat(EndUser.ofHeader("\u017dofie")).isEqualTo("\u017dofie");
  }
}
