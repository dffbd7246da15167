package dev.tollgate.gateway.ledger;

import dev.tollgate.gateway.account.Markup;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A request that is about to be sent upstream, and the most it may be charged.
 *
 * @param id made by the caller and never used for another request; also the id of the charge
 * @param projectId the project that pays
 * @param keyId the API key of the request
 * @param amount the expected maximum charge, markup included; more than zero
 * @param markup added to the upstream's cost
 * @param model the requested model, for people; possibly empty
 * @param endUser the project's own user who makes the request, see {@link EndUser}; empty: not
 *     named
 * @param upstreamKeyId the id of the upstream key that the request is sent with, see {@link
 *     dev.tollgate.gateway.account.UpstreamKeys}
 * @param idempotencyKey the client's own name for the request; null: it gave none
 * @param limits the limits in addition to the balance
 * @param promptEstimate the expected charge for the prompt alone, markup included; zero or more.
 *     Charged if the gateway crashes and the cost is never found
 * @param free whether the request costs nothing. A free request is admitted whatever the balance
 *     and the caps, and nothing is held for it
 */
public record HoldRequest(
    String id,
    String projectId,
    String keyId,
    Money amount,
    HoldMode mode,
    Markup markup,
    String model,
    String endUser,
    String upstreamKeyId,
    @Nullable String idempotencyKey,
    HoldLimits limits,
    Money promptEstimate,
    boolean free,
    Instant at) {
  /** A request without an end user, limits and a prompt estimate, not free. */
  public HoldRequest(
      String id,
      String projectId,
      String keyId,
      Money amount,
      HoldMode mode,
      Markup markup,
      String model,
      String upstreamKeyId,
      @Nullable String idempotencyKey,
      Instant at) {
    this(
        id,
        projectId,
        keyId,
        amount,
        mode,
        markup,
        model,
        "",
        upstreamKeyId,
        idempotencyKey,
        HoldLimits.NONE,
        Money.ZERO,
        false,
        at);
  }

  /** Checks the id and the amounts. */
  public HoldRequest {
    if (id.isBlank()) {
      throw new IllegalArgumentException("the id of a hold must not be blank");
    }
    if (!amount.isPositive()) {
      throw new IllegalArgumentException("the amount of a hold must be greater than zero");
    }
    if (promptEstimate.isNegative()) {
      throw new IllegalArgumentException("promptEstimate must not be negative");
    }
  }
}
