package dev.tollgate.gateway.admin;

import dev.tollgate.gateway.account.AnsweredRequests;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Supplier;

/**
 * Runs requests at most once by their idempotency key. The database's primary key makes a
 * concurrent second request wait for the first. The second request then finds the first one's
 * answer.
 */
record IdempotentRequests(AdminContext context) {
  private static final Duration REPEATED_WITHIN = Duration.ofHours(24);

  /**
   * The answer to a request.
   *
   * @param status the HTTP status
   * @param body the body that is sent
   * @param kept the same body without secrets, which is stored
   */
  record Answer(int status, String body, String kept) {}

  /**
   * Carries out a request once. Its changes and its answer are written in one transaction. A
   * request with the same key within 24 hours gets the same answer without secrets and changes
   * nothing. If both arrive at the same time, the second one waits.
   *
   * @param key the client's idempotency key
   * @param fingerprint a hash of the request; a known key with another fingerprint is refused
   */
  Answer once(String key, String fingerprint, Supplier<Answer> work) {
    AdminContext.requireStorable("Idempotency-Key", key);
    return context.inTransaction(
        () -> {
          Instant now = context.clock().instant();
          AnsweredRequests requests = context.stores().requests();
          if (requests.take(key, fingerprint, now, now.minus(REPEATED_WITHIN))) {
            Answer answer = work.get();
            requests.answer(key, answer.status(), answer.kept());
            return answer;
          }
          AnsweredRequests.Answered before = requests.find(key).orElseThrow();
          if (!before.fingerprint().equals(fingerprint)) {
            throw new AdminException(
                AdminException.Reason.KEY_REUSED,
                "this idempotency key was used for another request");
          }
          return new Answer(before.status(), before.body(), before.body());
        });
  }
}
