package dev.tollgate.gateway.relay;

import dev.tollgate.gateway.account.Principal;
import dev.tollgate.gateway.account.Project;
import dev.tollgate.gateway.meter.RequestKind;
import org.jspecify.annotations.Nullable;

/**
 * Payer of an exchange, and the other facts that its hold records.
 *
 * @param upstreamKeyId id of the upstream key that the request is sent with
 * @param idempotencyKey the client's idempotency key; null: none
 * @param contentEncoding content coding of the request's body; null: none
 * @param endUser the user of the request as a header names it, see {@link
 *     dev.tollgate.gateway.ledger.EndUser#ofHeader}; empty: none does
 * @param kind the kind of request
 */
record Payer(
    Principal principal,
    String upstreamKeyId,
    @Nullable String idempotencyKey,
    @Nullable String contentEncoding,
    String endUser,
    RequestKind kind) {
  /** The project that pays. */
  Project project() {
    return principal.project();
  }
}
