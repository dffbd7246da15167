package dev.tollgate.gateway.relay;

import dev.tollgate.gateway.exchange.Outcome;
import java.time.Duration;

/**
 * Phase in which the relay has completed the response. The container sends the rest, then reports
 * the end.
 */
final class Ending extends Phase {
  /** Payara sometimes never reports the end. */
  static final Duration MAX_ENDING = Duration.ofSeconds(10);

  private final Outcome outcome;

  Ending(Call call, Outcome outcome) {
    super(call);
    this.outcome = outcome;
  }

  @Override
  Phase enter() {
    call.waitFor(MAX_ENDING);
    if (!call.exchange.decide(outcome)) {
      // The gateway is stopping and has decided the outcome; its event comes next.
      return this;
    }
    call.client.complete();
    return call.client.isGivenUp() ? new Closed(call) : this;
  }

  @Override
  Phase onCompleted() {
    return new Closed(call);
  }

  @Override
  Phase onTimedOut() {
    return new Closed(call);
  }

  @Override
  Phase onHoldAnswered(HoldAnswer answer) {
    release(answer);
    return this;
  }

  /** Ignores late events: the client has everything. */
  @Override
  Phase unnamed() {
    return this;
  }
}
