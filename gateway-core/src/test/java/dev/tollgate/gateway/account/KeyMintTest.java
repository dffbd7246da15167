package dev.tollgate.gateway.account;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.account.KeyMint.Minted;
import java.util.Base64;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

class KeyMintTest {
  private final KeyMint mint = new KeyMint();

  @RepeatedTest(50)
  void aKeyIsAPublicIdAndASecret() {
    assertThat(mint.mintKey().key().reveal()).matches("tg_[a-z0-9]{8}_[A-Za-z0-9_-]{43}");
  }

  @Test
  void aKeyForManagementHasAFormOfItsOwn() {
    Minted minted = mint.mintKey(ApiKey.Kind.MANAGEMENT);

    assertThat(minted.key().reveal()).matches("tgm_[a-z0-9]{8}_[A-Za-z0-9_-]{43}");
    assertThat(minted.id()).matches("tgm_[a-z0-9]{8}");
    assertThat(mint.mintKey(ApiKey.Kind.INFERENCE).id()).startsWith("tg_");
  }

  @Test
  void theSecretHas256Bits() {
    Minted minted = mint.mintKey();
    String secret = minted.key().reveal().substring(minted.id().length() + 1);

    assertThat(Base64.getUrlDecoder().decode(secret)).hasSize(32);
  }

  @Test
  void theIdIsThePublicPart() {
    Minted minted = mint.mintKey();

    assertThat(minted.id()).hasSize("tg_".length() + 8);
    assertThat(minted.key().reveal()).startsWith(minted.id() + "_");
  }

  @Test
  void theFingerprintIsOfTheWholeKey() {
    Minted minted = mint.mintKey();

    assertThat(minted.fingerprint()).isEqualTo(KeyFingerprint.of(minted.key().reveal()));
  }

  @Test
  void aMintedKeyDoesNotPrintItsSecret() {
    Minted minted = mint.mintKey();

    assertThat(minted.toString()).contains("***").doesNotContain(minted.key().reveal());
  }

  @Test
  void noTwoKeysAreTheSame() {
    Set<String> keys = new HashSet<>();
    for (int i = 0; i < 1_000; i++) {
      keys.add(mint.mintKey().key().reveal());
    }

    assertThat(keys).hasSize(1_000);
  }

  @Test
  void aProjectIdHasSixteenCharacters() {
    assertThat(mint.mintProjectId()).matches("prj_[a-z0-9]{16}");
  }
}
