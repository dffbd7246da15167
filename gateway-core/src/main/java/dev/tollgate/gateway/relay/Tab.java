package dev.tollgate.gateway.relay;

import dev.tollgate.gateway.meter.Ending.Cause;
import dev.tollgate.gateway.upstream.UpstreamHead;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Account of one call's money. An amount is held before the request is sent, and settled once, by
 * the event that ends the call. Owned by the mailbox of the {@link Call}; no method blocks.
 */
interface Tab {
  /** For a request that the upstream does not charge for: it holds and settles nothing. */
  Tab FREE = new Tab() {};

  /**
   * Holds the estimated cost of the request. A placed hold must be passed to {@link #held}.
   *
   * @param body the request's body; must not be changed
   * @return completes on any thread
   */
  default CompletionStage<HoldAnswer> hold(byte[] body) {
    throw new IllegalStateException("this tab places no hold");
  }

  /** The request will not be sent. A hold that the ledger was not asked for yet is not placed. */
  default void giveUpHold() {}

  /** Takes over a placed hold. */
  default void held(HoldAnswer.Placed hold) {}

  /** Whether the client asked for a stream; false if its request could not be read. */
  default boolean asksForStream() {
    return false;
  }

  /** From now on the upstream may have received the request. */
  default void sending() {}

  /** The upstream cannot have received the request. */
  default void neverSent() {}

  /** The response headers have arrived. */
  default void answered(UpstreamHead head) {}

  /**
   * The part of the answer that was read has been passed on, so there is time to record the
   * generation.
   */
  default void begun() {}

  /** Takes a piece of the answer's body, without changing its position. */
  default void read(ByteBuffer bytes) {}

  /**
   * Settles the hold, unless it was settled before.
   *
   * @return completes when the decision, made now or before, is durable
   */
  default CompletionStage<?> settle(Cause cause) {
    return CompletableFuture.completedFuture(null);
  }
}
