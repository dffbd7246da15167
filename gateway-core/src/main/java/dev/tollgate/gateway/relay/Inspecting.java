package dev.tollgate.gateway.relay;

import dev.tollgate.gateway.flavor.GatewayError;
import dev.tollgate.gateway.flavor.GatewayError.Kind;
import dev.tollgate.gateway.upstream.AccountRefusal;
import dev.tollgate.gateway.upstream.BoundedBody;
import dev.tollgate.gateway.upstream.UpstreamHead;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.io.content.ByteBufferContentSource;

/**
 * Phase in which the body of a 401 or 402 answer is read. A 401 is about the operator's account,
 * which the client must not learn. The body of a 402 says whether the account or the request is the
 * reason.
 */
final class Inspecting extends Phase {
  private static final int MAX_BODY_BYTES = 64 << 10;

  private final UpstreamHead head;
  private final Content.Source content;

  Inspecting(Call call, UpstreamHead head, Content.Source content) {
    super(call);
    this.head = head;
    this.content = content;
  }

  @Override
  Phase enter() {
    call.waitFor(call.tools.options().headersTimeout());
    BoundedBody.read(
        content,
        MAX_BODY_BYTES,
        new BoundedBody.Receiver() {
          @Override
          public void onBody(byte[] body) {
            call.post(Event.ERROR_READ, phase -> phase.onErrorRead(body));
          }

          @Override
          public void onFailure(Throwable failure) {
            call.post(Event.ERROR_BROKEN, phase -> phase.onErrorBroken(failure));
          }
        });
    return this;
  }

  @Override
  Phase onErrorRead(byte[] body) {
    Optional<GatewayError> error =
        head.isPaymentRequired()
            ? AccountRefusal.of402(body, head.value("Retry-After"))
            : Optional.of(GatewayError.upstreamUnavailable(true));
    if (error.isEmpty()) {
      return relayed(head, new ByteBufferContentSource(ByteBuffer.wrap(body)));
    }
    // An upstream that states a usage charges for it.
    call.tab.read(ByteBuffer.wrap(body));
    boolean outOfCredits = error.get().kind() == Kind.UPSTREAM_UNAVAILABLE;
    if (call.account != null && head.isPaymentRequired() && outOfCredits) {
      call.account.paymentRequired();
    }
    return hidden(head, error.get(), null);
  }

  @Override
  Phase onErrorBroken(Throwable failure) {
    return hidden(head, GatewayError.upstreamUnavailable(true), failure);
  }

  /** Cancels the upstream call; {@link #onErrorBroken} follows. */
  @Override
  Phase onTimedOut() {
    call.waitFor(Limit.NONE);
    call.cancelUpstream(new TimeoutException("no response headers in time"));
    return this;
  }

  /** Left to the next phase, which checks whether the client is lost. */
  @Override
  Phase onClientGone() {
    return this;
  }
}
