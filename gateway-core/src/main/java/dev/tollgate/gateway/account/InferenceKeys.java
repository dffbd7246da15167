package dev.tollgate.gateway.account;

import dev.tollgate.gateway.account.KeyMint.Minted;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The inference keys of a project, as the project itself sees and changes them with a management
 * key. Every change names the management key that makes the call. Must be safe for use by many
 * threads. Methods may block and throw {@link StoreUnavailableException}.
 */
public interface InferenceKeys {
  /** The number of keys that a project may have made itself and not deleted. */
  int MAX_KEYS = 1_000;

  /** The result of a change to a key. */
  sealed interface Outcome {
    /**
     * The change was made.
     *
     * @param key the key after the change
     */
    record Done(ApiKey key) implements Outcome {}

    /**
     * A key was made.
     *
     * @param secret the whole key, which cannot be shown again
     */
    record Created(ApiKey key, Secret secret) implements Outcome {}

    /** The project has no such key, or has deleted it. Nothing has changed. */
    record Unknown() implements Outcome {}

    /**
     * The project may not make this change. Nothing has changed.
     *
     * @param why the reason, in one line
     */
    record Refused(String why) implements Outcome {}
  }

  /**
   * Makes the key of Pinata's {@code enable} and revokes the previous one. A project has at most
   * one. Keys from {@link #create} stay valid.
   *
   * @return the new key, which cannot be shown again
   */
  Minted enable(String projectId, String managementKeyId);

  /** When the current key of {@code enable} was made; empty: there is none. */
  Optional<Instant> enabledSince(String projectId);

  /** Revokes the key of {@code enable}, if there is one. Other keys stay valid. */
  void disable(String projectId, String managementKeyId);

  /** All inference keys of a project, newest first, without revoked keys. */
  List<ApiKey> list(String projectId);

  /**
   * Makes a key.
   *
   * @param expiresAt the key is refused from this time on; null: it does not expire
   * @return {@link Outcome.Created} or {@link Outcome.Refused}
   */
  Outcome create(
      String projectId, String managementKeyId, KeySettings settings, @Nullable Instant expiresAt);

  /**
   * Changes the settings of a key, within the limits of {@link ApiKey.Origin}: the project cannot
   * undo what the operator has set.
   *
   * @param change returns the settings after the change. It runs in the transaction of the change.
   *     If it throws, nothing has changed
   * @return any outcome but {@link Outcome.Created}
   */
  Outcome change(
      String projectId, String managementKeyId, String keyId, UnaryOperator<KeySettings> change);

  /**
   * Revokes a key that the project made itself.
   *
   * @return any outcome but {@link Outcome.Created}
   */
  Outcome delete(String projectId, String managementKeyId, String keyId);
}
