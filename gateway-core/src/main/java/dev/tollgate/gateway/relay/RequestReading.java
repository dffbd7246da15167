package dev.tollgate.gateway.relay;

import dev.tollgate.gateway.flavor.GatewayError;
import dev.tollgate.gateway.flavor.GatewayError.Kind;
import dev.tollgate.gateway.http.BodyMemory;
import dev.tollgate.gateway.http.BodyReader;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The READING of a request: ends once, by the body, by a refusal, or because the container gave the
 * request up, of which the body's reader is not always told. Called on the container's threads and
 * the timer's.
 */
final class RequestReading implements BodyReader.Receiver {
  private static final Logger LOG = System.getLogger(RequestReading.class.getName());

  private static final int RETRY_AFTER_SECONDS = 1;

  /** Hears how it ended. Time limits are the caller's to keep. */
  interface Listener {
    /** The whole body is here. */
    void onBody(byte[] body);

    /** There is no whole body, and will be none. */
    void onRefused(GatewayError error);

    /**
     * What still comes is being dropped; the response must not be completed before {@link
     * #onDropped}.
     */
    void onDropping();

    /** No more is being dropped. */
    void onDropped();
  }

  private final String id;
  private final long maxBytes;
  private final Listener listener;
  private final AtomicBoolean ended = new AtomicBoolean();
  private final AtomicBoolean dropping = new AtomicBoolean();

  /**
   * @param id of the exchange, for the log
   * @param maxBytes the largest body that is accepted
   */
  RequestReading(String id, long maxBytes, Listener listener) {
    this.id = id;
    this.maxBytes = maxBytes;
    this.listener = listener;
  }

  /**
   * Claims the end.
   *
   * @return true for the one caller that ended it; false if it had ended before
   */
  boolean end() {
    return ended.compareAndSet(false, true);
  }

  @Override
  public void onBody(byte[] body) {
    if (end()) {
      listener.onBody(body);
    }
  }

  @Override
  public void onTooLarge() {
    refuseTheRest(GatewayError.bodyTooLarge(maxBytes));
  }

  @Override
  public void onNoRoom(BodyMemory.Answer why) {
    refuseTheRest(
        why == BodyMemory.Answer.SHARE_TAKEN
            ? GatewayError.tooManyAtOnce()
            : GatewayError.unavailable(RETRY_AFTER_SECONDS));
  }

  private void refuseTheRest(GatewayError error) {
    if (end()) {
      dropping.set(true);
      listener.onDropping();
      listener.onRefused(error);
    }
  }

  @Override
  public void onDiscarded() {
    if (dropping.compareAndSet(true, false)) {
      listener.onDropped();
    }
  }

  @Override
  public void onBodyTaken() {
    if (end()) {
      LOG.log(
          Level.ERROR,
          "{0}: cannot be relayed: a filter in front has read the body, or asked for a parameter of"
              + " a form",
          id);
      listener.onRefused(GatewayError.of(Kind.REQUEST_BUILD_FAILED));
    }
  }

  @Override
  public void onBodyFailure(Throwable failure) {
    // Half a request is not sent. A client that is still there learns why.
    giveUp("body");
  }

  /** The body has not come in time. */
  void onLate() {
    giveUp("body (it did not come in time)");
  }

  private void giveUp(String what) {
    if (end()) {
      listener.onRefused(GatewayError.malformed(what));
    }
  }
}
