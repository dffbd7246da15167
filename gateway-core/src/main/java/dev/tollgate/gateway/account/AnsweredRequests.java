package dev.tollgate.gateway.account;

import java.time.Instant;
import java.util.Optional;

/**
 * Requests that are carried out once, by the keys that their senders gave them, and what was
 * answered. To be used in the transaction of what the request changes: then key, answer and change
 * are kept together or not at all. Methods may block, and throw {@link StoreUnavailableException}
 * if the store does not answer.
 */
public interface AnsweredRequests {
  /**
   * What was answered.
   *
   * @param fingerprint of the request: another one with the same key is not this one repeated
   * @param status the HTTP status
   * @param body without secrets
   */
  record Answered(String fingerprint, int status, String body) {}

  /**
   * Takes a key, and forgets those that are old. Waits for another transaction that is just taking
   * the same key.
   *
   * @param at now
   * @param since keys that were taken before are free again
   * @return false if the key is taken
   */
  boolean take(String key, String fingerprint, Instant at, Instant since);

  /** Keeps the answer to the request that has taken {@code key}. */
  void answer(String key, int status, String body);

  /** What was answered to the request with this key, if it is taken. */
  Optional<Answered> find(String key);
}
