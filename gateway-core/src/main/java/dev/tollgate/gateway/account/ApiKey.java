package dev.tollgate.gateway.account;

import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What is known of an API key once its secret has been shown.
 *
 * @param id the key's public part, such as {@code tg_a1b2c3d4}
 * @param projectId the project that owns it
 * @param expiresAt from this instant on the key is refused; null: it does not expire
 * @param revokedAt when the key was revoked; null: it was not
 * @param kind what it opens
 * @param selfMade whether the project made it by itself, with a management key
 * @param caps what may be spent with it
 */
public record ApiKey(
    String id,
    String projectId,
    Instant createdAt,
    @Nullable Instant expiresAt,
    @Nullable Instant revokedAt,
    Kind kind,
    boolean selfMade,
    SpendingCaps caps) {
  /** What a key opens. */
  public enum Kind {
    /** Models: what costs, and what is to be known of it. */
    INFERENCE,
    /** The project's own affairs: it makes and revokes keys for inference, and calls no model. */
    MANAGEMENT;

    /** As it is stored and shown. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }

    /**
     * Reads what {@link #toString} writes.
     *
     * @throws IllegalArgumentException if {@code text} is no kind
     */
    public static Kind parse(String text) {
      return switch (text) {
        case "inference" -> INFERENCE;
        case "management" -> MANAGEMENT;
        default -> throw new IllegalArgumentException("a key is for inference or management");
      };
    }
  }

  /** A key for inference that an operator made, without caps. */
  public ApiKey(
      String id,
      String projectId,
      Instant createdAt,
      @Nullable Instant expiresAt,
      @Nullable Instant revokedAt) {
    this(id, projectId, createdAt, expiresAt, revokedAt, Kind.INFERENCE, false, SpendingCaps.NONE);
  }

  /** In place of a key where the application itself says which project is calling. */
  public static ApiKey none(String projectId) {
    return new ApiKey("-", projectId, Instant.EPOCH, null, null);
  }

  /** Whether the key opens anything at {@code now}. */
  public boolean isUsable(Instant now) {
    return revokedAt == null && (expiresAt == null || now.isBefore(expiresAt));
  }
}
