package dev.tollgate.gateway.relay;

import dev.tollgate.gateway.flavor.GatewayError;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;

/** The ledger holds what the request may cost. */
final class Holding extends Phase {
  /** How long a hold may take to be committed. */
  static final Duration MAX_HOLDING = Duration.ofSeconds(2);

  private static final Logger LOG = System.getLogger(Holding.class.getName());
  private static final int RETRY_AFTER_SECONDS = 2;

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
      // An OutOfMemoryError, too: the client must not wait for an answer that never comes.
      LOG.log(Level.ERROR, call.exchange.id() + ": no hold can be placed", e);
      return refused(GatewayError.unavailable(RETRY_AFTER_SECONDS));
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
        "{0}: no hold: {1}",
        call.exchange.id(),
        String.valueOf(wrapped ? failure.getCause() : failure));
    return new HoldAnswer.Refused(GatewayError.unavailable(RETRY_AFTER_SECONDS));
  }

  @Override
  Phase onHoldAnswered(HoldAnswer answer) {
    if (answer instanceof HoldAnswer.Refused refusal) {
      return refused(refusal.error());
    }
    // By the clock that goes on while the process is paused: another node may have settled it.
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
    return refused(GatewayError.unavailable(RETRY_AFTER_SECONDS));
  }

  /** What is being held is released as soon as the ledger has answered. */
  @Override
  Phase onClientGone() {
    return this;
  }
}
