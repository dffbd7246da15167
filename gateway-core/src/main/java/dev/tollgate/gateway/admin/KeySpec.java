package dev.tollgate.gateway.admin;

import dev.tollgate.gateway.account.ApiKey;
import dev.tollgate.gateway.account.SpendingCaps;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a new key is to be like.
 *
 * @param lifetime after this long it is refused, more than zero; null: it does not expire
 * @param caps what may be spent with it; none for a key for management, which spends nothing
 */
public record KeySpec(ApiKey.Kind kind, @Nullable Duration lifetime, SpendingCaps caps) {
  /** A key for inference that does not expire and has no caps. */
  public static final KeySpec INFERENCE =
      new KeySpec(ApiKey.Kind.INFERENCE, null, SpendingCaps.NONE);

  /** Refuses what makes no sense. */
  public KeySpec {
    if (lifetime != null && (lifetime.isNegative() || lifetime.isZero())) {
      throw new AdminException("the lifetime of a key is more than zero");
    }
    if (kind == ApiKey.Kind.MANAGEMENT && !caps.isEmpty()) {
      throw new AdminException("a key for management spends nothing, so it has no caps");
    }
  }
}
