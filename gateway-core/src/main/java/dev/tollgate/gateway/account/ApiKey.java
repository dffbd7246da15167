package dev.tollgate.gateway.account;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What is known of an API key once its secret has been shown.
 *
 * @param id the key's public part, such as {@code tg_a1b2c3d4}
 * @param projectId the project that owns it
 * @param expiresAt from this instant on the key is refused; null: it does not expire
 * @param revokedAt when the key was revoked; null: it was not
 */
public record ApiKey(
    String id,
    String projectId,
    Instant createdAt,
    @Nullable Instant expiresAt,
    @Nullable Instant revokedAt) {

  /** In place of a key where the application itself says which project is calling. */
  public static ApiKey none(String projectId) {
    return new ApiKey("-", projectId, Instant.EPOCH, null, null);
  }

  /** Whether the key opens anything at {@code now}. */
  public boolean isUsable(Instant now) {
    return revokedAt == null && (expiresAt == null || now.isBefore(expiresAt));
  }
}
