package dev.tollgate.gateway.account;

import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * An API key without its secret, which is shown only once.
 *
 * @param id the key's public part, such as {@code tg_a1b2c3d4}
 * @param projectId the project that owns the key
 * @param expiresAt the key is refused from this time on; null: it does not expire
 * @param revokedAt when the key was revoked; null: it was not
 * @param kind the API that the key gives access to
 * @param selfMade whether the project made the key itself, with a management key
 * @param caps the spending caps of the key
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
  /** The API that a key gives access to. */
  public enum Kind {
    /** Calls to models, and the endpoints that describe models and usage. */
    INFERENCE,
    /**
     * The project's own keys: a management key makes and revokes keys for inference. It cannot call
     * models.
     */
    MANAGEMENT;

    /** The name as stored and shown. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }

    /**
     * Parses the output of {@link #toString}.
     *
     * @throws IllegalArgumentException if {@code text} is not a kind
     */
    public static Kind parse(String text) {
      return switch (text) {
        case "inference" -> INFERENCE;
        case "management" -> MANAGEMENT;
        default ->
            throw new IllegalArgumentException("the kind of a key must be inference or management");
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

  /** A placeholder for calls where the application itself states the project. */
  public static ApiKey none(String projectId) {
    return new ApiKey("-", projectId, Instant.EPOCH, null, null);
  }

  /** Whether the key is neither revoked nor expired at {@code now}. */
  public boolean isUsable(Instant now) {
    return revokedAt == null && (expiresAt == null || now.isBefore(expiresAt));
  }
}
