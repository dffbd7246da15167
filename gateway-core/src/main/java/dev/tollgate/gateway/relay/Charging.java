package dev.tollgate.gateway.relay;

import dev.tollgate.gateway.exchange.Outcome;
import dev.tollgate.gateway.meter.Ending.Cause;
import java.time.Duration;

/**
 * Phase after the whole answer was read. The end of the response waits until the charge is durable.
 */
final class Charging extends Phase {
  /** How long the client waits for the end of the response at most. Only the end is delayed. */
  static final Duration MAX_CHARGING = Duration.ofSeconds(5);

  private final Copy copy;
  private boolean endAllowed;

  Charging(Call call, Copy copy) {
    super(call);
    this.copy = copy;
  }

  @Override
  Phase enter() {
    if (isSettled(Cause.COMPLETE)) {
      return end();
    }
    call.waitFor(MAX_CHARGING);
    copy.keepEnd();
    return onSignal();
  }

  @Override
  Phase onSettled() {
    return end();
  }

  private Phase end() {
    endAllowed = true;
    copy.letEnd();
    call.waitFor(call.tools.clientOptions().writeTimeout());
    return onSignal();
  }

  @Override
  Phase onSignal() {
    return switch (copy.advance()) {
      case ENDED -> new Ending(call, Outcome.COMPLETE);
      case LOST -> onClientGone();
      default -> this;
    };
  }

  @Override
  Phase onTimedOut() {
    if (!endAllowed) {
      return end();
    }
    return stalled();
  }

  @Override
  Phase onClientGone() {
    copy.drop();
    return abandoned(copy.body());
  }
}
