package dev.tollgate.gateway.admin;

import dev.tollgate.gateway.account.ApiKey;
import dev.tollgate.gateway.account.SpendingCaps;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The properties of a new key.
 *
 * @param lifetime the time until the key expires, more than zero; null: the key does not expire
 * @param caps the key's spending caps; empty for a management key, which spends nothing
 */
public record KeySpec(ApiKey.Kind kind, @Nullable Duration lifetime, SpendingCaps caps) {
  /** An inference key that does not expire and has no caps. */
  public static final KeySpec INFERENCE =
      new KeySpec(ApiKey.Kind.INFERENCE, null, SpendingCaps.NONE);

  /** Rejects a lifetime that is not positive, and caps on a management key. */
  public KeySpec {
    if (lifetime != null && (lifetime.isNegative() || lifetime.isZero())) {
      throw new AdminException(
          "the lifetime is " + lifetime.toSeconds() + " s, but must be more than zero");
    }
    if (kind == ApiKey.Kind.MANAGEMENT && !caps.isEmpty()) {
      throw new AdminException("a management key spends nothing, so it cannot have caps");
    }
  }
}
