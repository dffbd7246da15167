package dev.tollgate.gateway.relay;

import dev.tollgate.gateway.exchange.Outcome;
import java.time.Duration;

/** The response is complete for us. The container sends what it still has, and says so. */
final class Ending extends Phase {
  /** Payara sometimes never says so. */
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
      // The gateway stops: it has decided, and says so next.
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

  /** What was given up may come all the same; and the client has all that there is. */
  @Override
  Phase unnamed() {
    return this;
  }
}
