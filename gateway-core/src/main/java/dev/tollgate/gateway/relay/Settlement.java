package dev.tollgate.gateway.relay;

import dev.tollgate.gateway.flavor.GatewayError;
import dev.tollgate.gateway.meter.Ending;
import dev.tollgate.gateway.upstream.UpstreamHead;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * The money of one exchange, as the relay sees it: something is held before the request is sent,
 * and settled once, by whatever ends the exchange first. Safe for use by many threads; no method
 * blocks.
 */
interface Settlement {
  /** What is relayed free of charge. */
  Settlement NONE = new Free();

  /** Hears whether the request may be sent. Called once, on a thread that may do some work. */
  interface HoldListener {
    void onHeld();

    void onRefused(GatewayError error);
  }

  /**
   * Holds what the request may cost.
   *
   * @param body the request's, not to be changed
   */
  void hold(byte[] body, HoldListener listener);

  /** Does not wait any longer for the hold: should it come by and by, it is given back. */
  void giveUpHold();

  /**
   * Asks for leave to send the request; from now on the upstream may have got it.
   *
   * @return false if the exchange was settled before: then it must not be sent
   */
  boolean send();

  /** Whether the client asked for a stream, as far as its request could be read. */
  boolean asksForStream();

  /** The upstream cannot have got the request. */
  void neverSent();

  /** The response headers are here. */
  void answered(UpstreamHead head);

  /** What was read of the answer so far has been passed on: now there is time to write it down. */
  void begun();

  /** A piece of the body; its position is not changed. */
  void read(ByteBuffer bytes);

  /**
   * Settles, if that has not been done.
   *
   * @param cause what ended the exchange
   * @return completes when what was decided, now or before, is durable
   */
  CompletionStage<?> settle(Ending.Cause cause);

  /** Nothing to hold, nothing to settle. */
  final class Free implements Settlement {
    private Free() {}

    @Override
    public void hold(byte[] body, HoldListener listener) {
      listener.onHeld();
    }

    @Override
    public void giveUpHold() {}

    @Override
    public boolean send() {
      return true;
    }

    @Override
    public boolean asksForStream() {
      return false;
    }

    @Override
    public void neverSent() {}

    @Override
    public void answered(UpstreamHead head) {}

    @Override
    public void begun() {}

    @Override
    public void read(ByteBuffer bytes) {}

    @Override
    public CompletionStage<?> settle(Ending.Cause cause) {
      return CompletableFuture.completedFuture(null);
    }
  }
}
