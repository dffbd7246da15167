package dev.tollgate.gateway.admin;

import dev.tollgate.gateway.account.AnsweredRequests;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Supplier;

/**
 * Requests that are carried out once, by their idempotency key. The primary key of the database
 * makes a second one wait for the first, and then find its answer.
 */
final class IdempotentRequests {
  private static final Duration REPEATED_WITHIN = Duration.ofHours(24);

  private final AdminContext context;

  IdempotentRequests(AdminContext context) {
    this.context = context;
  }

  /**
   * What is answered to a request.
   *
   * @param status the HTTP status
   * @param body as it is sent
   * @param kept the same without secrets
   */
  record Answer(int status, String body, String kept) {}

  /**
   * Carries out a request once: what it changes, and what was answered, are written in one
   * transaction. One with the same key within 24 hours gets the same answer, without secrets, and
   * changes nothing; if it comes at the same time, it waits.
   *
   * @param key given by whoever sends the request
   * @param fingerprint of the request: with the same key but another fingerprint it is refused
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
                "another request came before with this idempotency key");
          }
          return new Answer(before.status(), before.body(), before.body());
        });
  }
}
