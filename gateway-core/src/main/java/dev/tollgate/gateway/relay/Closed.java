package dev.tollgate.gateway.relay;

import dev.tollgate.gateway.flavor.GatewayError;
import dev.tollgate.gateway.upstream.UpstreamHead;
import org.eclipse.jetty.io.Content;
import org.jspecify.annotations.Nullable;

/** The exchange is over. What still comes is too late; only a hold must be released. */
final class Closed extends Phase {
  Closed(Call call) {
    super(call);
  }

  @Override
  Phase enter() {
    call.close();
    return this;
  }

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
  Phase onBodyRefused(GatewayError error, boolean dropping) {
    return this;
  }

  @Override
  Phase onBodyDiscarded() {
    return this;
  }

  @Override
  Phase onConnected() {
    return this;
  }

  @Override
  Phase onAnswered(UpstreamHead head, Content.Source content) {
    return this;
  }

  @Override
  Phase onCallFailed(Throwable failure, boolean sent) {
    return this;
  }

  @Override
  Phase onErrorRead(byte[] body) {
    return this;
  }

  @Override
  Phase onErrorBroken(Throwable failure) {
    return this;
  }

  @Override
  Phase onSettled() {
    return this;
  }

  @Override
  Phase onClientGone() {
    return this;
  }

  @Override
  Phase onCompleted() {
    return this;
  }

  @Override
  Phase onTimedOut() {
    return this;
  }

  @Override
  Phase onStopped() {
    return this;
  }

  @Override
  Phase onFault(Throwable failure) {
    return this;
  }
}
