package dev.tollgate.gateway.admin;

import dev.tollgate.gateway.account.ApiKey;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A key as it is now.
 *
 * @param lastUsedAt the time of its last charge; null: it has had none
 */
public record KeyStatus(ApiKey key, @Nullable Instant lastUsedAt) {}
