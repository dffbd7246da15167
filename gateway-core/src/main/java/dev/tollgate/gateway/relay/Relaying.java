package dev.tollgate.gateway.relay;

import dev.tollgate.gateway.exchange.Outcome;
import dev.tollgate.gateway.flavor.GatewayError;
import dev.tollgate.gateway.meter.Ending.Cause;
import dev.tollgate.gateway.upstream.UpstreamHead;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/** Phase in which the answer is copied to the client. */
final class Relaying extends Phase {
  private static final Logger LOG = System.getLogger(Relaying.class.getName());

  private final Copy copy;
  // idle: the upstream is silent; stalled: the client takes nothing.
  private final Limit idle;
  private final Limit stalled;

  Relaying(Call call, UpstreamHead head, AnswerBody body) {
    super(call);
    this.copy = new Copy(call, head, body);
    this.idle = Limit.of(call.tools.options().idleTimeout(), call.isStreaming());
    this.stalled = Limit.of(call.tools.clientOptions().writeTimeout());
  }

  @Override
  Phase enter() {
    Phase next = onSignal();
    // There is time now to record the generation's id, unless the whole answer was here.
    if (next == this) {
      call.tab.begun();
    }
    return next;
  }

  @Override
  Phase onSignal() {
    return switch (copy.advance()) {
      case WAITING -> {
        call.waitSince(copy.waitingSinceNanos(), copy.isBlocked() ? stalled : idle);
        yield this;
      }
      case WHOLE -> new Charging(call, copy);
      case BROKEN -> broken(copy.failure());
      case LOST -> onClientGone();
      case ENDED -> throw new IllegalStateException("ended before the whole was read");
    };
  }

  private Phase broken(Throwable failure) {
    String id = call.exchange.id();
    String why = brief(failure);
    if (call.tools.upstream().isClosed()) {
      return copy.isBegun()
          ? closed(Outcome.ABORTED, Cause.SHUTDOWN, failure, ClientSink::breakOffAtStop)
          : new Refusing(call, GatewayError.stopped(true), Cause.SHUTDOWN, failure);
    }
    if (copy.isBegun()) {
      LOG.log(Level.WARNING, "{0}: the upstream broke off: {1}", id, why);
      return closed(Outcome.UPSTREAM_FAILED, Cause.UPSTREAM_FAILED, failure, ClientSink::breakOff);
    }
    LOG.log(Level.WARNING, "{0}: the upstream broke off at once: {1}", id, why);
    return new Refusing(
        call, GatewayError.upstreamUnavailable(true), Cause.UPSTREAM_FAILED, failure);
  }

  @Override
  Phase onClientGone() {
    copy.drop();
    return abandoned(copy.body());
  }

  @Override
  Phase onTimedOut() {
    if (copy.isBlocked()) {
      return stalled();
    }
    return silent();
  }
}
