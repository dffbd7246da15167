package dev.tollgate.gateway.account;

import dev.tollgate.gateway.account.KeyMint.Minted;
import java.time.Instant;
import java.util.Optional;

/**
 * The inference key that a project makes for itself with a management key. A project has at most
 * one. Must be safe for use by many threads. Methods may block and throw {@link
 * StoreUnavailableException}.
 */
public interface InferenceKeys {
  /**
   * Makes the key and revokes the previous one.
   *
   * @param managementKeyId the id of the management key that makes the call
   * @return the new key, which cannot be shown again
   */
  Minted enable(String projectId, String managementKeyId);

  /** When the current key was made; empty: there is none. */
  Optional<Instant> enabledSince(String projectId);

  /**
   * Revokes the key, if there is one. Keys that the operator made stay valid.
   *
   * @param managementKeyId the id of the management key that makes the call
   */
  void disable(String projectId, String managementKeyId);
}
