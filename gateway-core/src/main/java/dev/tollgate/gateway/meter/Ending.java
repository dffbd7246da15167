package dev.tollgate.gateway.meter;

import org.jspecify.annotations.Nullable;

/**
 * The facts about a request when it has ended.
 *
 * @param cause why the request ended
 * @param sent whether the upstream may have received the request
 * @param status the status of the answer; 0 if there was none
 * @param generationId the upstream's id of the answer, from its header or body; null: none
 * @param reading the usage and cost that the answer stated; null if there was no answer, or it was
 *     not read
 */
public record Ending(
    Cause cause,
    boolean sent,
    int status,
    @Nullable String generationId,
    @Nullable Reading reading) {
  /** Why a request ended. */
  public enum Cause {
    /** The answer arrived completely. */
    COMPLETE,
    /** The client disconnected. */
    CLIENT_GONE,
    /** The upstream failed, or a time limit was exceeded. */
    UPSTREAM_FAILED,
    /** The gateway is shutting down. */
    SHUTDOWN,
    /** The gateway itself failed. */
    FAILED
  }
}
