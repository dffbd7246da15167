package dev.tollgate.gateway.relay;

import dev.tollgate.gateway.flavor.GatewayError;
import dev.tollgate.gateway.flavor.GatewayError.Kind;
import dev.tollgate.gateway.upstream.UpstreamClient;
import dev.tollgate.gateway.upstream.UpstreamHead;
import dev.tollgate.gateway.upstream.UpstreamOptions;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.io.Content;
import org.jspecify.annotations.Nullable;

/**
 * Phase in which the request is sent and the upstream has not answered. A call that got no
 * connection is retried once: no byte of the request can have been sent.
 */
final class Awaiting extends Phase {
  private static final Logger LOG = System.getLogger(Awaiting.class.getName());

  /**
   * Normally the upstream's client reports a failed connection itself; the margin lets it do so
   * first.
   */
  private static final Duration MARGIN = Duration.ofSeconds(1);

  // Kept until a retry is no longer possible.
  private byte @Nullable [] body;
  private boolean connected;
  // When the call was sent, or got its connection.
  private long stepNanos;
  private boolean retried;

  Awaiting(Call call, byte @Nullable [] body) {
    super(call);
    this.body = body;
  }

  @Override
  Phase enter() {
    call.beginSending();
    return send();
  }

  private Phase send() {
    stepNanos = System.nanoTime();
    keepLimit();
    call.tab.sending();
    try {
      UpstreamClient.Call made = call.tools.upstream().newCall(call.request, body, new Events());
      call.setUpstreamCall(made);
      made.send();
      return this;
    } catch (RejectedExecutionException e) {
      // Other calls took the room, or the gateway is closing.
      call.tab.neverSent();
      return refused(GatewayError.unavailable(RETRY_AFTER_SECONDS));
    } catch (RuntimeException e) {
      LOG.log(Level.ERROR, call.exchange.id() + ": cannot call the upstream", e);
      call.tab.neverSent();
      return refused(GatewayError.of(Kind.REQUEST_BUILD_FAILED));
    }
  }

  /**
   * Sets the time limit. A client that asked for a stream is watched during the wait, unless it is
   * lost.
   */
  private void keepLimit() {
    UpstreamOptions options = call.tools.options();
    Duration limit = connected ? options.headersTimeout() : options.connectTimeout().plus(MARGIN);
    boolean watched = call.tab.asksForStream() && !call.client.isLost();
    call.waitSince(stepNanos, Limit.of(limit, watched));
  }

  @Override
  Phase onConnected() {
    connected = true;
    body = null;
    stepNanos = System.nanoTime();
    keepLimit();
    return this;
  }

  @Override
  Phase onAnswered(UpstreamHead head, Content.Source content) {
    call.tools.health().reached();
    if (call.account != null) {
      call.account.answered(head.status(), call.exchange.route().metered());
      if (head.isPaymentRequired() && !call.hidesAccountErrors) {
        call.account.paymentRequired();
      }
    }
    call.tab.answered(head);
    if (head.isStream() || call.tab.asksForStream()) {
      // A client that asked for a stream reads one, whatever the type of the answer.
      call.setStreaming();
    }
    if (!head.isReadable()) {
      return hidden(
          head,
          GatewayError.upstreamUnavailable(true),
          new IOException("the answer is not relayed"));
    }
    return call.hidesAccountErrors && head.isAccountError()
        ? new Inspecting(call, head, content)
        : relayed(head, content);
  }

  @Override
  Phase onCallFailed(Throwable failure, boolean sent) {
    if (sent) {
      call.tools.health().reached();
    } else {
      call.tab.neverSent();
    }
    String id = call.exchange.id();
    String why = brief(failure);
    if (call.client.isLost()) {
      return lost();
    }
    if (call.tools.upstream().isClosed()) {
      LOG.log(Level.DEBUG, "{0}: the gateway is closed: {1}", id, why);
      return refused(GatewayError.stopped(sent));
    }
    if (failure instanceof RejectedExecutionException) {
      LOG.log(Level.WARNING, "{0}: no room for another call: {1}", id, why);
      return refused(GatewayError.unavailable(RETRY_AFTER_SECONDS));
    }
    if (!sent && isWorthARetry(failure)) {
      LOG.log(Level.DEBUG, "{0}: retrying on another connection: {1}", id, why);
      retried = true;
      call.tools.health().retried();
      return send();
    }
    LOG.log(Level.WARNING, "{0}: the upstream gave no answer: {1}", id, why);
    return refused(GatewayError.upstreamUnavailable(sent));
  }

  /**
   * Whether the call is retried. The failure counts against the upstream's health. A call that had
   * a connection is not retried, even if its TLS handshake failed.
   */
  private boolean isWorthARetry(Throwable failure) {
    call.tools.health().unreachable(failure);
    return !retried && !connected && !call.tools.health().isOpen();
  }

  /** Cancels the upstream call; {@link #onCallFailed} follows. */
  @Override
  Phase onTimedOut() {
    call.waitFor(Limit.NONE);
    call.cancelUpstream(
        connected
            ? new TimeoutException("no response headers in time")
            : new RejectedExecutionException("no connection to the upstream became free"));
    return this;
  }

  /**
   * Cancels the upstream call of a stream if the upstream has no look-up of costs: closing the
   * stream stops its generation and its cost. Otherwise the call goes on. The headers of a stream
   * bring the id for the look-up. Any other answer is charged whether or not the client reads it.
   */
  @Override
  Phase onClientGone() {
    call.client.leave();
    keepLimit();
    if (call.tab.asksForStream() && !call.tools.billing().meter().asksForGenerations()) {
      call.cancelUpstream(call.client.failure());
    }
    return this;
  }

  /**
   * Posts the call's events to the mailbox. The threads of the upstream's client must not be
   * blocked.
   */
  private final class Events implements UpstreamClient.Listener {
    @Override
    public void onSending() {
      call.post(Event.CONNECTED, Phase::onConnected);
    }

    @Override
    public void onBodyTaken() {
      call.memory.close();
    }

    @Override
    public void onHeaders(UpstreamHead head, Content.Source content) {
      call.post(Event.ANSWERED, phase -> phase.onAnswered(head, content));
    }

    @Override
    public void onFailure(Throwable failure, boolean sent) {
      call.post(Event.CALL_FAILED, phase -> phase.onCallFailed(failure, sent));
    }
  }
}
