package dev.tollgate.gateway.relay;

import dev.tollgate.gateway.exchange.Outcome;
import dev.tollgate.gateway.flavor.GatewayError;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

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
    if (!call.exchange.decide(outcome)) {
      // The gateway stops: it has decided, and says so next.
      return this;
    }
    call.waitFor(MAX_ENDING);
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
  Phase onClientGone() {
    return this;
  }

  // What was given up may come all the same.

  @Override
  Phase onHoldAnswered(HoldAnswer answer) {
    release(answer);
    return this;
  }

  @Override
  Phase onSettled() {
    return this;
  }

  @Override
  Phase onBodyRead(byte @Nullable [] body) {
    return this;
  }

  @Override
  Phase onBodyRefused(GatewayError error, boolean dropping) {
    return this;
  }

  @Override
  Phase onBodyDiscarded() {
    return this;
  }
}
