package dev.tollgate.gateway.meter;

import dev.tollgate.gateway.ledger.Money;
import org.jspecify.annotations.Nullable;

/** What a request may cost, before it is sent. */
public sealed interface Quote {
  /**
   * It can be held for.
   *
   * @param amount the most that the project is expected to be charged; more than zero
   * @param promptEstimate what the prompt alone is expected to be charged; zero or more
   * @param promptHold what stays held where only the prompt can have been billed; in strict the
   *     most that the prompt can cost
   * @param free whether the request costs nothing, so that it needs no balance
   * @param facts what the charge needs to know of the request
   */
  record Estimated(
      Money amount, Money promptEstimate, Money promptHold, boolean free, RequestFacts facts)
      implements Quote {}

  /**
   * It cannot be bounded, and must be.
   *
   * @param why for the caller, in a few words
   */
  record Unbounded(String why) implements Quote {}

  /** There are no prices yet, and they are needed. */
  record NoPrices() implements Quote {}

  /**
   * What the charge of an answer needs to know of its request.
   *
   * @param kind what was asked for
   * @param promptTokens how many tokens the prompt is expected to have
   * @param pictures how many pictures the prompt has
   * @param mostOutput the most tokens that all answers together can have; {@link Long#MAX_VALUE} if
   *     that is not known
   * @param price of the dearest model that may answer; null: it is not known, and the amount is a
   *     configured one
   */
  record RequestFacts(
      RequestKind kind,
      long promptTokens,
      int pictures,
      long mostOutput,
      @Nullable ModelPrice price) {}
}
