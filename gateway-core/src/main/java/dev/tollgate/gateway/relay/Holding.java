package dev.tollgate.gateway.relay;

import dev.tollgate.gateway.flavor.GatewayError;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;

/** Phase in which the ledger is asked to hold the estimated cost. */
final class Holding extends Phase {
  /** How long the ledger may take to commit a hold. */
  static final Duration MAX_HOLDING = Duration.ofSeconds(2);

  private static final Logger LOG = System.getLogger(Holding.class.getName());

  private final byte[] body;
  private final long sinceNanos = System.nanoTime();

  Holding(Call call, byte[] body) {
    super(call);
    this.body = body;
  }

  @Override
  Phase enter() {
    call.waitFor(MAX_HOLDING);
    CompletionStage<HoldAnswer> hold;
    try {
      hold = call.tab.hold(body);
    } catch (RuntimeException | Error e) {
      // Catches OutOfMemoryError, too: the client must get an answer.
      LOG.log(Level.ERROR, call.exchange.id() + ": cannot place the hold", e);
      return refused(GatewayError.unavailable(HoldPlacement.RETRY_AFTER_SECONDS));
    }
    var unused =
        hold.whenComplete(
            (answer, failure) -> {
              HoldAnswer told = answer == null ? failed(failure) : answer;
              call.post(Event.HOLD_ANSWERED, phase -> phase.onHoldAnswered(told));
            });
    return this;
  }

  private HoldAnswer failed(Throwable failure) {
    boolean wrapped = failure instanceof CompletionException && failure.getCause() != null;
    LOG.log(
        Level.WARNING,
        "{0}: cannot place the hold: {1}",
        call.exchange.id(),
        String.valueOf(wrapped ? failure.getCause() : failure));
    return new HoldAnswer.Refused(GatewayError.unavailable(HoldPlacement.RETRY_AFTER_SECONDS));
  }

  @Override
  Phase onHoldAnswered(HoldAnswer answer) {
    if (answer instanceof HoldAnswer.Refused refusal) {
      return refused(refusal.error());
    }
    // The monotonic clock runs on while the process is paused; another node may have settled the
    // hold.
    if (System.nanoTime() - sinceNanos >= MAX_HOLDING.toNanos()) {
      release(answer);
      return late();
    }
    call.tab.held((HoldAnswer.Placed) answer);
    return call.client.isLost() ? lost() : new Awaiting(call, body);
  }

  @Override
  Phase onTimedOut() {
    return late();
  }

  @Override
  Phase onStopped() {
    call.tab.giveUpHold();
    return super.onStopped();
  }

  private Phase late() {
    call.tab.giveUpHold();
    return refused(GatewayError.unavailable(HoldPlacement.RETRY_AFTER_SECONDS));
  }

  /** Waits for the ledger's answer, and then releases the hold. */
  @Override
  Phase onClientGone() {
    return this;
  }
}
