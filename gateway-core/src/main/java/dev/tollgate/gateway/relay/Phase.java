package dev.tollgate.gateway.relay;

import dev.tollgate.gateway.exchange.Outcome;
import dev.tollgate.gateway.flavor.GatewayError;
import dev.tollgate.gateway.meter.Ending.Cause;
import dev.tollgate.gateway.upstream.UpstreamHead;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.eclipse.jetty.io.Content;
import org.jspecify.annotations.Nullable;

/**
 * Phase of a call, which handles the call's events.
 *
 * <pre>
 *   Reading -> Holding -> Awaiting -> Relaying -> Charging -> Ending -> Closed
 *                             |   `-> Inspecting    an answer about the operator's account
 *                             `-----> Draining      the client has gone; the answer is charged for
 *   any phase before the first byte -> Refusing -> Ending
 *   any phase -> Closed                             the client has gone, the gateway stops
 * </pre>
 *
 * A method returns the next phase, or {@code this}. The mailbox of the {@link Call} calls all
 * methods, one at a time, so the fields of a phase are plain. A phase overrides the methods of the
 * events that it expects. Any other event is a defect, and is logged as an error.
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
  private static final int MAX_LOGGED_CHARACTERS = 100;

  final Call call;

  Phase(Call call) {
    this.call = call;
  }

  final String name() {
    return getClass().getSimpleName().toLowerCase(Locale.ROOT);
  }

  /** Called once, when the phase becomes the call's current phase. */
  abstract Phase enter();

  /**
   * @param body null: the request has no body
   */
  Phase onBodyRead(byte @Nullable [] body) {
    return unnamed();
  }

  /**
   * @param dropping whether the rest of the body is being read; {@link #onBodyDiscarded} follows
   *     then
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
   * @param sent whether the upstream may have received the request
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

  /** The client is gone. The sink already holds the failure. */
  Phase onClientGone() {
    return unnamed();
  }

  /**
   * The container has ended the response. Except at the end of a call, that means the client is
   * lost.
   */
  Phase onCompleted() {
    call.client.lose(new IOException("the container completed the response"), false);
    return onClientGone();
  }

  /** The limit set with {@link Call#waitFor} has passed. */
  Phase onTimedOut() {
    return unnamed();
  }

  /** The source has content, the client can take more, or another event was handled. */
  Phase onSignal() {
    return this;
  }

  /** Ends the call at once, because the gateway stops. */
  Phase onStopped() {
    return closed(
        Outcome.ABORTED,
        Cause.SHUTDOWN,
        new IOException("the gateway is closed"),
        ClientSink::breakOffAtStop);
  }

  /** Ends a call that could not be started. */
  Phase onFault(Throwable failure) {
    return closed(Outcome.ABORTED, Cause.FAILED, failure, ClientSink::complete);
  }

  /** Handles an event that the phase does not expect. */
  Phase unnamed() {
    call.unexpected();
    return this;
  }

  // Transitions that several phases share.

  final Phase refused(GatewayError error) {
    return new Refusing(call, error, false);
  }

  /**
   * Replaces an answer that the client must not see with a refusal.
   *
   * @param cancelling the cause to cancel the upstream call with; null: the call is over
   */
  final Phase hidden(UpstreamHead head, GatewayError error, @Nullable Throwable cancelling) {
    LOG.log(
        Level.WARNING,
        "{0}: the upstream''s answer is replaced by a refusal: status {1}",
        call.exchange.id(),
        head.status());
    return new Refusing(call, error, Cause.UPSTREAM_FAILED, cancelling);
  }

  final Phase relayed(UpstreamHead head, Content.Source content) {
    AnswerBody body = new AnswerBody(call, content, head.bodyBytes());
    return call.client.isLost() ? abandoned(body) : new Relaying(call, head, body);
  }

  /** The next phase for an answer whose client has gone. */
  final Phase abandoned(AnswerBody body) {
    if (call.isStreaming()) {
      // Closing a stream stops its generation and its cost.
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
    String why = brief(call.client.failure());
    LOG.log(Level.DEBUG, "{0}: the client is gone: {1}", call.exchange.id(), why);
  }

  /**
   * Settles the call. If the ledger has not made that durable yet, {@link #onSettled} follows. The
   * call leaves its project as soon as it is settled, because the client's next request may come
   * before the end of this one.
   *
   * @return whether it is durable already
   */
  final boolean isSettled(Cause cause) {
    CompletableFuture<?> settled = call.tab.settle(cause).toCompletableFuture();
    if (settled.isDone()) {
      call.exchange.leaveProject();
      return true;
    }
    var unused =
        settled.whenComplete(
            (done, failure) -> {
              call.exchange.leaveProject();
              call.post(Event.SETTLED, Phase::onSettled);
            });
    return false;
  }

  /** Gives up a client that takes nothing. It may still be there, so its response is broken off. */
  final Phase stalled() {
    call.client.lose(new IOException("the client stopped reading"), true);
    return onClientGone();
  }

  /** Cancels a call whose upstream is silent in the body. The body then reports the failure. */
  final Phase silent() {
    call.waitFor(Limit.NONE);
    call.cancelUpstream(new TimeoutException("the upstream sent nothing in time"));
    return this;
  }

  /** Releases a hold that came too late. */
  final void release(HoldAnswer answer) {
    if (answer instanceof HoldAnswer.Placed placed) {
      call.tab.held(placed);
      var unused = call.tab.settle(Cause.FAILED);
    }
  }

  /**
   * Ends the call: settles the part of the answer that was read, cancels the upstream call, then
   * ends the response.
   */
  final Phase closed(Outcome outcome, Cause cause, Throwable why, Consumer<ClientSink> end) {
    call.exchange.decide(outcome);
    var unused = call.tab.settle(cause);
    call.cancelUpstream(why);
    end.accept(call.client);
    return new Closed(call);
  }

  /**
   * A short description of a failure for the log. Jetty's messages may hold a dump of the
   * connection.
   */
  static String brief(Throwable failure) {
    String message = failure.getMessage();
    String name = failure.getClass().getSimpleName();
    return message == null || message.length() > MAX_LOGGED_CHARACTERS
        ? name
        : name + ": " + message;
  }
}
