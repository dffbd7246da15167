package dev.tollgate.gateway.account;

import java.time.Instant;
import java.util.Optional;

/**
 * Requests that must run only once, stored by the idempotency keys of their senders, with the
 * answers. Call these methods in the transaction of the change that the request makes: key, answer
 * and change are then committed together or not at all. Methods may block, and throw {@link
 * StoreUnavailableException} if the store does not answer.
 */
public interface AnsweredRequests {
  /**
   * The stored answer to a request.
   *
   * @param fingerprint the fingerprint of the request; a request with the same key and another
   *     fingerprint is not a repeat
   * @param status the HTTP status
   * @param body the response body, without secrets
   */
  record Answered(String fingerprint, int status, String body) {}

  /**
   * Takes a key, and deletes the keys that are too old. Waits if another transaction is taking the
   * same key.
   *
   * @param at the current time
   * @param since keys that were taken before this time are free again
   * @return false if the key is taken
   */
  boolean take(String key, String fingerprint, Instant at, Instant since);

  /** Stores the answer to the request that has taken {@code key}. */
  void answer(String key, int status, String body);

  /** The answer to the request with this key; empty: the key is not taken. */
  Optional<Answered> find(String key);
}
