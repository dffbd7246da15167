package dev.tollgate.gateway.meter;

import org.jspecify.annotations.Nullable;

/**
 * All that is known of a request when it is over.
 *
 * @param cause what ended it
 * @param sent whether the upstream may have got it
 * @param status the status of the answer; 0 if there was none
 * @param generationId the upstream's id of the answer, if its header or body named one
 * @param reading what the answer said of its cost; null if there was none, or it was not read
 */
public record Ending(
    Cause cause,
    boolean sent,
    int status,
    @Nullable String generationId,
    @Nullable Reading reading) {
  /** What ended a request. */
  public enum Cause {
    /** The answer came to its end in order. */
    COMPLETE,
    /** The client left. */
    CLIENT_GONE,
    /** The upstream failed, or a time limit passed. */
    UPSTREAM_FAILED,
    /** The gateway is stopped. */
    SHUTDOWN,
    /** The gateway could not go on. */
    FAILED
  }
}
