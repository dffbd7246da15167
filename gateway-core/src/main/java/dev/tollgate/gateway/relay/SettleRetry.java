package dev.tollgate.gateway.relay;

import dev.tollgate.gateway.account.Project;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Ledger call that settles a hold and is retried with back-off, from 1 s to 1 min. If the gateway
 * closes meanwhile, another node adopts the hold.
 */
final class SettleRetry {
  private static final Logger LOG = System.getLogger(SettleRetry.class.getName());
  private static final Duration FIRST = Duration.ofSeconds(1);
  private static final Duration LAST = Duration.ofMinutes(1);

  private final String holdId;
  private final Billing billing;
  private final Project project;
  private final Supplier<CompletionStage<?>> ledgerCall;
  private final CompletableFuture<Object> promise = new CompletableFuture<>();

  /**
   * @param ledgerCall must be repeatable: the ledger knows the hold by its id
   */
  SettleRetry(
      String holdId, Billing billing, Project project, Supplier<CompletionStage<?>> ledgerCall) {
    this.holdId = holdId;
    this.billing = billing;
    this.project = project;
    this.ledgerCall = ledgerCall;
  }

  /**
   * Makes the first attempt.
   *
   * @return completes when the change is durable or the gateway is closed; never fails
   */
  CompletionStage<?> start() {
    attempt(FIRST);
    return promise;
  }

  private void attempt(Duration retryAfter) {
    CompletionStage<?> call;
    try {
      call = ledgerCall.get();
    } catch (RuntimeException e) {
      call = CompletableFuture.failedFuture(e);
    }
    var unused =
        call.whenComplete(
            (done, failure) -> {
              if (failure == null) {
                billing.balances().settled(project);
                promise.complete(true);
              } else {
                LOG.log(Level.ERROR, holdId + ": cannot settle the hold yet, retrying", failure);
                retry(retryAfter);
              }
            });
  }

  private void retry(Duration after) {
    Duration doubled = after.multipliedBy(2);
    Duration next = doubled.compareTo(LAST) < 0 ? doubled : LAST;
    try {
      var unused =
          billing.timer().schedule(() -> attempt(next), after.toMillis(), TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      promise.complete(false);
    }
  }
}
