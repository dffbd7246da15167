package dev.tollgate.gateway.admin;

import dev.tollgate.gateway.account.KeySettings;
import dev.tollgate.gateway.account.Limit;
import dev.tollgate.gateway.account.Limits;
import org.jspecify.annotations.Nullable;

/**
 * A change to a key. Settings that it does not name keep their values.
 *
 * @param name empty: the key has no name any more; null: unchanged
 * @param metadata as {@link Metadata#parse} returns it; empty: none any more; null: unchanged
 * @param disabled null: unchanged
 * @param limits some of {@link Limit#OF_KEY}
 */
public record KeyChange(
    @Nullable String name,
    @Nullable String metadata,
    @Nullable Boolean disabled,
    LimitsChange limits) {
  /** Rejects limits that a key cannot have. */
  public KeyChange {
    if (!Limit.OF_KEY.containsAll(limits.limits())) {
      throw new AdminException("a key can have spending caps only");
    }
  }

  /** A change of limits alone. */
  public static KeyChange of(LimitsChange limits) {
    return new KeyChange(null, null, null, limits);
  }

  /** Whether at least one setting is named. */
  public boolean isMade() {
    return name != null || metadata != null || disabled != null || limits.isMade();
  }

  /** Whether the change sets a cap or disables the key, also if the key has this already. */
  boolean restricts() {
    return Boolean.TRUE.equals(disabled) || !limits.after(Limits.NONE).caps().isEmpty();
  }

  /**
   * Returns the settings after the change.
   *
   * @throws AdminException if a text is too long or cannot be stored
   */
  public KeySettings after(KeySettings before) {
    return AdminException.checked(
        () ->
            new KeySettings(
                name == null ? before.name() : name,
                metadata == null ? before.metadata() : metadata,
                disabled == null ? before.disabled() : disabled,
                limits.after(Limits.of(before.caps())).caps()));
  }
}
