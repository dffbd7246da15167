package dev.tollgate.gateway.relay;

import dev.tollgate.gateway.exchange.Outcome;
import dev.tollgate.gateway.meter.Ending.Cause;
import org.eclipse.jetty.io.Content;

/**
 * Phase in which the client is gone, but the upstream still produces and charges for the answer.
 * The answer is read to its end, which states its cost.
 */
final class Draining extends Phase {
  private final AnswerBody body;
  private final Limit idle;

  Draining(Call call, AnswerBody body) {
    super(call);
    this.body = body;
    this.idle = Limit.of(call.tools.options().idleTimeout());
  }

  @Override
  Phase enter() {
    // Content may already have been demanded for the client.
    call.waitFor(idle);
    Phase next = onSignal();
    // The rest may take minutes: record the generation now, in case this process dies.
    if (next == this) {
      call.tab.begun();
    }
    return next;
  }

  @Override
  Phase onSignal() {
    while (!body.isDemanded()) {
      Content.Chunk chunk = body.read();
      if (chunk == null) {
        call.waitFor(idle);
        body.demand();
      } else if (Content.Chunk.isFailure(chunk)) {
        boolean stopped = call.tools.upstream().isClosed();
        return ended(stopped ? Cause.SHUTDOWN : Cause.UPSTREAM_FAILED, chunk.getFailure());
      } else {
        call.tab.read(chunk.getByteBuffer());
        boolean last = chunk.isLast();
        chunk.release();
        if (body.isWhole()) {
          var unused = call.tab.settle(Cause.COMPLETE);
        }
        if (last) {
          return new Closed(call);
        }
      }
    }
    return this;
  }

  private Phase ended(Cause cause, Throwable why) {
    return closed(Outcome.CLIENT_GONE, cause, why, client -> {});
  }

  /** Cancels the upstream call; the body then reports the failure. */
  @Override
  Phase onTimedOut() {
    return silent();
  }

  @Override
  Phase onClientGone() {
    return this;
  }

  @Override
  Phase onSettled() {
    return this;
  }
}
