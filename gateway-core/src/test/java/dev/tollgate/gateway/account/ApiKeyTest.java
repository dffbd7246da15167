package dev.tollgate.gateway.account;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;

class ApiKeyTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  private static ApiKey key(Instant expiresAt, Instant revokedAt) {
    return new ApiKey("tg_1", "prj_1", NOW.minusSeconds(60), expiresAt, revokedAt);
  }

  @Test
  void aKeyWithoutEndIsUsable() {
    assertThat(key(null, null).isUsable(NOW)).isTrue();
  }

  @Test
  void aKeyIsUsableUntilItExpires() {
    assertThat(key(NOW.plusMillis(1), null).isUsable(NOW)).isTrue();
  }

  @Test
  void aKeyIsNotUsableFromTheInstantItExpires() {
    assertThat(key(NOW, null).isUsable(NOW)).isFalse();
  }

  @Test
  void aRevokedKeyIsNotUsable() {
    assertThat(key(null, NOW.minusSeconds(1)).isUsable(NOW)).isFalse();
  }

  @Test
  void aRevokedKeyIsNotUsableEvenByAClockThatIsBehind() {
    assertThat(key(NOW.plusSeconds(60), NOW.plusSeconds(1)).isUsable(NOW)).isFalse();
  }
}
