package dev.tollgate.gateway.admin;

import dev.tollgate.gateway.account.ApiKey;
import dev.tollgate.gateway.account.KeySettings;
import dev.tollgate.gateway.account.SpendingCaps;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The properties of a new key.
 *
 * @param lifetime the time until the key expires, more than zero; null: the key does not expire
 * @param settings a management key has no caps, because it spends nothing
 */
public record KeySpec(ApiKey.Kind kind, @Nullable Duration lifetime, KeySettings settings) {
  /** An inference key that does not expire and has no caps. */
  public static final KeySpec INFERENCE =
      new KeySpec(ApiKey.Kind.INFERENCE, null, SpendingCaps.NONE);

  /** A key with caps and no other settings. */
  public KeySpec(ApiKey.Kind kind, @Nullable Duration lifetime, SpendingCaps caps) {
    this(kind, lifetime, KeySettings.of(caps));
  }

  /** Rejects a lifetime that is not positive, and caps on a management key. */
  public KeySpec {
    if (lifetime != null && (lifetime.isNegative() || lifetime.isZero())) {
      throw new AdminException(
          "the lifetime is " + lifetime.toSeconds() + " s, but must be more than zero");
    }
    if (kind == ApiKey.Kind.MANAGEMENT && !settings.caps().isEmpty()) {
      throw new AdminException("a management key spends nothing, so it cannot have caps");
    }
  }
}
