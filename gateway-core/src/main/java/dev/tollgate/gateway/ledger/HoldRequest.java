package dev.tollgate.gateway.ledger;

import dev.tollgate.gateway.account.Markup;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A request that is about to be sent upstream, and what it may be charged.
 *
 * @param id made by the caller and never used for another request; the id of the charge, too
 * @param projectId who pays
 * @param keyId the API key that the request came with
 * @param amount the most it is expected to be charged, markup included; more than zero
 * @param markup what goes on top of the upstream's cost
 * @param model the model that was asked for, for people; possibly empty
 * @param upstreamKeyId which upstream key the request is sent with, see {@link
 *     dev.tollgate.gateway.account.UpstreamKeys}
 * @param idempotencyKey the client's own name for the request; null: it gave none
 * @param limits what it is kept to beside the balance
 * @param promptEstimate what the prompt alone is expected to be charged, markup included; zero or
 *     more. Charged if the gateway crashes and the cost is never found
 * @param free whether the request costs nothing: it is admitted whatever balance and caps leave,
 *     and nothing is held
 */
public record HoldRequest(
    String id,
    String projectId,
    String keyId,
    Money amount,
    HoldMode mode,
    Markup markup,
    String model,
    String upstreamKeyId,
    @Nullable String idempotencyKey,
    HoldLimits limits,
    Money promptEstimate,
    boolean free,
    Instant at) {
  /** A request without limits and without an estimate of its prompt, not free. */
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
        upstreamKeyId,
        idempotencyKey,
        HoldLimits.NONE,
        Money.ZERO,
        false,
        at);
  }

  /** The same, kept to {@code others} instead. */
  public HoldRequest withLimits(HoldLimits others) {
    return new HoldRequest(
        id,
        projectId,
        keyId,
        amount,
        mode,
        markup,
        model,
        upstreamKeyId,
        idempotencyKey,
        others,
        promptEstimate,
        free,
        at);
  }

  /** Checks the id and the amounts. */
  public HoldRequest {
    if (id.isBlank()) {
      throw new IllegalArgumentException("the id of a hold is not blank");
    }
    if (!amount.isPositive()) {
      throw new IllegalArgumentException("the amount of a hold is more than zero");
    }
    if (promptEstimate.isNegative()) {
      throw new IllegalArgumentException("promptEstimate must not be negative");
    }
  }
}
