package dev.tollgate.gateway.meter;

import org.jspecify.annotations.Nullable;

/**
 * All that is known of a request when it is over.
 *
 * @param sent whether the upstream may have got it
 * @param status the status of the answer; 0 if there was none
 * @param finished whether the answer came to its end in order
 * @param generationId the upstream's id of the answer, if it named one
 * @param reading what the answer said of its cost; null if there was none, or it was not read
 */
public record Ending(
    boolean sent,
    int status,
    boolean finished,
    @Nullable String generationId,
    @Nullable Reading reading) {}
