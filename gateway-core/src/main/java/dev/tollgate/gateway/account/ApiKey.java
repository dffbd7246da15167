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
 * @param origin who made the key, and who changes its settings
 * @param settings what may change later
 */
public record ApiKey(
    String id,
    String projectId,
    Instant createdAt,
    @Nullable Instant expiresAt,
    @Nullable Instant revokedAt,
    Kind kind,
    Origin origin,
    KeySettings settings) {
  /** Who made a key, and who changes its settings. */
  public enum Origin {
    /** The operator made the key and changes it. */
    OPERATOR,
    /** The project made the key with {@code POST /v0/llm/enable}. The operator changes it. */
    ENABLED,
    /** The project made the key with {@code POST /api/v1/keys} and changes it. */
    CREATED,
    /**
     * As {@link #CREATED}, but the operator has since set a cap or disabled the key, and the
     * project must not undo that.
     */
    RESTRICTED;

    /** Whether a project made the key itself, with a management key. */
    boolean isSelfMade() {
      return this != OPERATOR;
    }

    /**
     * The origin of a key after the operator has changed it. A project must not undo what the
     * operator has set, even if the project had set the same before. Once a change of the
     * operator's leaves the key enabled and without caps, the project changes the key again.
     *
     * @param restricts whether the operator's change sets a cap or disables the key
     * @param after the settings after the change
     */
    public Origin afterOperatorSet(boolean restricts, KeySettings after) {
      if (this == OPERATOR || this == ENABLED) {
        return this;
      }
      if (restricts) {
        return RESTRICTED;
      }
      return after.disabled() || !after.caps().isEmpty() ? this : CREATED;
    }

    /** The name as shown. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

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

  /**
   * A key that the operator made, or that a project made with {@code enable}.
   *
   * @param selfMade whether the project made the key
   */
  public ApiKey(
      String id,
      String projectId,
      Instant createdAt,
      @Nullable Instant expiresAt,
      @Nullable Instant revokedAt,
      Kind kind,
      boolean selfMade,
      KeySettings settings) {
    this(
        id,
        projectId,
        createdAt,
        expiresAt,
        revokedAt,
        kind,
        selfMade ? Origin.ENABLED : Origin.OPERATOR,
        settings);
  }

  /** A key with caps and no other settings. */
  public ApiKey(
      String id,
      String projectId,
      Instant createdAt,
      @Nullable Instant expiresAt,
      @Nullable Instant revokedAt,
      Kind kind,
      boolean selfMade,
      SpendingCaps caps) {
    this(id, projectId, createdAt, expiresAt, revokedAt, kind, selfMade, KeySettings.of(caps));
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

  /** Whether the project made the key itself, with a management key. */
  public boolean selfMade() {
    return origin.isSelfMade();
  }

  /** The spending caps of the key. */
  public SpendingCaps caps() {
    return settings.caps();
  }

  /** Whether the key is neither revoked, nor disabled, nor expired at {@code now}. */
  public boolean isUsable(Instant now) {
    return revokedAt == null
        && !settings.disabled()
        && (expiresAt == null || now.isBefore(expiresAt));
  }
}
