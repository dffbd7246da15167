package dev.tollgate.gateway.relay;

import dev.tollgate.gateway.exchange.Outcome;
import dev.tollgate.gateway.exchange.Refusal;
import dev.tollgate.gateway.exchange.RefusalWriter;
import dev.tollgate.gateway.flavor.GatewayError;
import dev.tollgate.gateway.meter.Ending.Cause;
import java.nio.ByteBuffer;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Phase in which the gateway sends its own error. The end of the response waits for the release of
 * the hold, because a retry with the same idempotency key must work. It also waits for the rest of
 * an unwanted request body, because the end of the response would cut off that body.
 */
final class Refusing extends Phase {
  private final GatewayError error;
  private final Cause cause;
  private final @Nullable Throwable cancelling;
  private @Nullable Refusal refusal;
  private boolean dropping;
  private boolean settling;
  private boolean written;
  private boolean flushed;

  Refusing(Call call, GatewayError error, boolean dropping) {
    this(call, error, Cause.UPSTREAM_FAILED, null);
    this.dropping = dropping;
  }

  /**
   * @param cause the cause that ended the upstream call
   * @param cancelling the cause to cancel the upstream call with; null: the call is over, or was
   *     never made
   */
  Refusing(Call call, GatewayError error, Cause cause, @Nullable Throwable cancelling) {
    super(call);
    this.error = error;
    this.cause = cause;
    this.cancelling = cancelling;
  }

  @Override
  Phase enter() {
    settling = !isSettled(cause);
    if (cancelling != null) {
      call.cancelUpstream(cancelling);
    }
    call.memory.close();
    RefusalWriter.note(call.exchange, error);
    refusal = RefusalWriter.render(error, call.exchange);
    if (dropping) {
      // The refusal is complete before the body is. Nothing is held.
      call.exchange.leaveProject();
    }
    call.waitFor(limit());
    return onSignal();
  }

  @Override
  Phase onSignal() {
    while (call.client.isReady()) {
      if (!written) {
        written = true;
        write();
      } else if (!settling && !dropping) {
        return new Ending(call, Outcome.REFUSED);
      } else if (flushed) {
        return this;
      } else {
        // The end of the response would flush, but may come much later.
        flushed = call.client.flush();
      }
    }
    return call.client.isLost() ? lost() : this;
  }

  private void write() {
    Refusal answer = refusal;
    if (answer == null) {
      return;
    }
    call.client.setHead(answer, dropping && !call.headOnly);
    if (!call.headOnly && answer.body().length > 0) {
      call.client.write(ByteBuffer.wrap(answer.body()));
      if (!call.client.isLost()) {
        call.client.setRefusalWritten();
        call.exchange.stats().addResponseBytes(answer.body().length);
      }
    }
  }

  @Override
  Phase onBodyDiscarded() {
    dropping = false;
    return waitedEnough();
  }

  @Override
  Phase onSettled() {
    settling = false;
    return waitedEnough();
  }

  private Phase waitedEnough() {
    call.waitFor(limit());
    return onSignal();
  }

  private Duration limit() {
    if (dropping) {
      return RefusalWriter.MAX_DISCARDING;
    }
    return settling ? Charging.MAX_CHARGING : call.tools.clientOptions().writeTimeout();
  }

  @Override
  Phase onTimedOut() {
    if (dropping || settling) {
      dropping = false;
      settling = false;
      return waitedEnough();
    }
    return stalled();
  }

  @Override
  Phase onClientGone() {
    return lost();
  }

  // Late events of the work that was given up.

  @Override
  Phase onHoldAnswered(HoldAnswer answer) {
    release(answer);
    return this;
  }

  @Override
  Phase onBodyRead(byte @Nullable [] body) {
    return this;
  }

  @Override
  Phase onBodyRefused(GatewayError later, boolean droppingLater) {
    return this;
  }
}
