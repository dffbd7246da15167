package dev.tollgate.gateway.account;

import dev.tollgate.gateway.account.KeyMint.Minted;
import java.time.Instant;
import java.util.Optional;

/**
 * The key for inference that a project makes for itself with a management key; there is one at a
 * time. Must be safe for use by many threads. Methods may block and throw {@link
 * StoreUnavailableException}.
 */
public interface InferenceKeys {
  /**
   * Makes the key; the one before is revoked.
   *
   * @param managementKeyId the id of the key that asks for it
   * @return the key, which cannot be shown again
   */
  Minted enable(String projectId, String managementKeyId);

  /** Since when there has been the present one; empty: there is none. */
  Optional<Instant> enabledSince(String projectId);

  /**
   * Revokes the key, if there is one. Keys that the operator made stay.
   *
   * @param managementKeyId the id of the key that asks for it
   */
  void disable(String projectId, String managementKeyId);
}
