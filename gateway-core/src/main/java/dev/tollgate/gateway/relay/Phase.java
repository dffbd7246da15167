package dev.tollgate.gateway.relay;

import dev.tollgate.gateway.exchange.Outcome;
import dev.tollgate.gateway.flavor.GatewayError;
import dev.tollgate.gateway.meter.Ending.Cause;
import dev.tollgate.gateway.upstream.UpstreamHead;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Locale;
import java.util.function.Consumer;
import org.eclipse.jetty.io.Content;
import org.jspecify.annotations.Nullable;

/**
 * What a call is doing, and what it makes of each event.
 *
 * <pre>
 *   Reading -> Holding -> Awaiting -> Relaying -> Charging -> Ending -> Closed
 *                             |   `-> Inspecting    an answer about the operator's account
 *                             `-----> Draining      the client has gone; the answer is charged for
 *   any phase before the first byte -> Refusing -> Ending
 *   any phase -> Closed                             the client has gone, the gateway stops
 * </pre>
 *
 * A method returns the phase that comes next, or {@code this}. All are called by the mailbox of the
 * {@link Call}, one at a time, so the fields of a phase are plain. A phase overrides the methods of
 * the events that it may see; any other event is a defect and is logged as one.
 */
abstract sealed class Phase
    permits Reading,
        Holding,
        Awaiting,
        Inspecting,
        Relaying,
        Draining,
        Charging,
        Refusing,
        Ending,
        Closed {
  static final int RETRY_AFTER_SECONDS = 1;

  private static final Logger LOG = System.getLogger(Phase.class.getName());

  final Call call;

  Phase(Call call) {
    this.call = call;
  }

  final String name() {
    return getClass().getSimpleName().toLowerCase(Locale.ROOT);
  }

  /** Called once, when the phase has become the call's. */
  abstract Phase enter();

  /**
   * @param body null: the request has none
   */
  Phase onBodyRead(byte @Nullable [] body) {
    return unnamed();
  }

  /**
   * @param dropping whether the rest of the body is being read; then {@link #onBodyDiscarded}
   *     follows
   */
  Phase onBodyRefused(GatewayError error, boolean dropping) {
    return unnamed();
  }

  Phase onBodyDiscarded() {
    return unnamed();
  }

  Phase onHoldAnswered(HoldAnswer answer) {
    return unnamed();
  }

  Phase onConnected() {
    return unnamed();
  }

  Phase onAnswered(UpstreamHead head, Content.Source content) {
    return unnamed();
  }

  /**
   * @param sent whether the upstream may have got the request
   */
  Phase onCallFailed(Throwable failure, boolean sent) {
    return unnamed();
  }

  Phase onErrorRead(byte[] body) {
    return unnamed();
  }

  Phase onErrorBroken(Throwable failure) {
    return unnamed();
  }

  Phase onSettled() {
    return unnamed();
  }

  /** The client's failure is in the sink by now. */
  Phase onClientGone() {
    return unnamed();
  }

  /** Unless it is the end of the call, a container that ends the response has lost the client. */
  Phase onCompleted() {
    call.client.lose(new IOException("the container completed the response"), false);
    return onClientGone();
  }

  /** The limit that the phase set with {@link Call#waitFor} has passed. */
  Phase onTimedOut() {
    return unnamed();
  }

  /** The source has content, the client can take some, or another event was handled. */
  Phase onSignal() {
    return this;
  }

  /** Ends the call at once. */
  Phase onStopped() {
    return closed(
        Outcome.ABORTED,
        Cause.SHUTDOWN,
        new IOException("the gateway is closed"),
        ClientSink::breakOffAtStop);
  }

  /** Ends a call that could not be begun. */
  Phase onFault(Throwable failure) {
    return closed(Outcome.ABORTED, Cause.FAILED, failure, ClientSink::complete);
  }

  /** An event that the phase does not name. */
  Phase unnamed() {
    call.unexpected();
    return this;
  }

  // The ways on and out that several phases have.

  final Phase refused(GatewayError error) {
    return new Refusing(call, error, false);
  }

  /**
   * Refuses in place of an answer that the client must not see.
   *
   * @param cancelling what the upstream call is cancelled with; null: it is over
   */
  final Phase hidden(UpstreamHead head, GatewayError error, @Nullable Throwable cancelling) {
    LOG.log(
        Level.WARNING,
        "{0}: an answer of the upstream is not relayed: status {1}",
        call.exchange.id(),
        head.status());
    return new Refusing(call, error, Cause.UPSTREAM_FAILED, cancelling);
  }

  final Phase relayed(UpstreamHead head, Content.Source content) {
    AnswerBody body = new AnswerBody(call, content, head.bodyBytes());
    return call.client.isLost() ? abandoned(body) : new Relaying(call, head, body);
  }

  /** What becomes of an answer whose client has gone. */
  final Phase abandoned(AnswerBody body) {
    if (call.isStreaming()) {
      // Closing a stream stops its generation, and its cost.
      return lost();
    }
    logLost();
    call.exchange.decide(Outcome.CLIENT_GONE);
    call.client.leave();
    return new Draining(call, body);
  }

  /** Ends a call whose client has gone. */
  final Phase lost() {
    logLost();
    return closed(Outcome.CLIENT_GONE, Cause.CLIENT_GONE, call.client.failure(), ClientSink::leave);
  }

  private void logLost() {
    String why = Call.brief(call.client.failure());
    LOG.log(Level.DEBUG, "{0}: the client is gone: {1}", call.exchange.id(), why);
  }

  /** Releases a hold that came too late. */
  final void release(HoldAnswer answer) {
    if (answer instanceof HoldAnswer.Placed placed) {
      call.tab.held(placed);
      var unused = call.tab.settle(Cause.FAILED);
    }
  }

  /**
   * Ends the call. What it has read of the answer is settled first, then the upstream call is
   * cancelled, then the response ended.
   */
  final Phase closed(Outcome outcome, Cause cause, Throwable why, Consumer<ClientSink> end) {
    call.exchange.decide(outcome);
    var unused = call.tab.settle(cause);
    call.cancelUpstream(why);
    end.accept(call.client);
    return new Closed(call);
  }
}
