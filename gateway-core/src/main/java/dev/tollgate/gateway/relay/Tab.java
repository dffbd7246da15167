package dev.tollgate.gateway.relay;

import dev.tollgate.gateway.meter.Ending.Cause;
import dev.tollgate.gateway.upstream.UpstreamHead;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * The money of one call: something is held before the request is sent, and settled once, by what
 * ends the call. Belongs to the mailbox of the {@link Call}; no method blocks.
 */
interface Tab {
  /** Of a request that the upstream does not charge for: nothing to hold, nothing to settle. */
  Tab FREE = new Tab() {};

  /**
   * Holds what the request may cost. A hold that is placed must be given to {@link #held}.
   *
   * @param body the request's, not to be changed
   * @return completes on any thread
   */
  default CompletionStage<HoldAnswer> hold(byte[] body) {
    throw new IllegalStateException("nothing is to be held");
  }

  /** The request is not sent: a hold that the ledger was not asked for yet is not placed. */
  default void giveUpHold() {}

  /** The hold counts from now on. */
  default void held(HoldAnswer.Placed hold) {}

  /** Whether the client asked for a stream, as far as its request could be read. */
  default boolean asksForStream() {
    return false;
  }

  /** From now on the upstream may have got the request. */
  default void sending() {}

  /** The upstream cannot have got the request. */
  default void neverSent() {}

  /** The response headers are here. */
  default void answered(UpstreamHead head) {}

  /** What was read of the answer has been passed on: there is time to record the generation. */
  default void begun() {}

  /** A piece of the answer's body; its position is not changed. */
  default void read(ByteBuffer bytes) {}

  /**
   * Settles what is held, if that has not been done.
   *
   * @return completes when what was decided, now or before, is durable
   */
  default CompletionStage<?> settle(Cause cause) {
    return CompletableFuture.completedFuture(null);
  }
}
