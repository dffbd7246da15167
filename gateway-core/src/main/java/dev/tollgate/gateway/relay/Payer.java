package dev.tollgate.gateway.relay;

import dev.tollgate.gateway.account.Principal;
import dev.tollgate.gateway.account.Project;
import dev.tollgate.gateway.meter.RequestKind;
import org.jspecify.annotations.Nullable;

/**
 * Who pays for an exchange, and what else its hold has to say.
 *
 * @param upstreamKeyId of the upstream key that the request is sent with
 * @param idempotencyKey the client's name for the request; null: it gave none
 * @param contentEncoding of the request's body; null: none
 * @param kind what is asked for
 */
record Payer(
    Principal principal,
    String upstreamKeyId,
    @Nullable String idempotencyKey,
    @Nullable String contentEncoding,
    RequestKind kind) {
  /** The project that pays. */
  Project project() {
    return principal.project();
  }
}
