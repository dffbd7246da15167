package dev.tollgate.gateway.meter;

import dev.tollgate.gateway.ledger.Money;
import org.jspecify.annotations.Nullable;

/** The possible cost of a request, before it is sent. */
public sealed interface Quote {
  /**
   * An amount can be held for the request.
   *
   * @param amount the expected maximum charge to the project; more than zero
   * @param promptEstimate the expected charge for the prompt alone; zero or more
   * @param promptHold the amount that stays held if only the prompt can have been billed; in strict
   *     mode, the most that the prompt can cost
   * @param free whether the request costs nothing, so that it needs no balance
   * @param facts the facts about the request that the charge needs
   */
  record Estimated(
      Money amount, Money promptEstimate, Money promptHold, boolean free, RequestFacts facts)
      implements Quote {}

  /**
   * The cost has no bound, and strict mode requires one.
   *
   * @param why for the caller, in a few words
   */
  record Unbounded(String why) implements Quote {}

  /** Strict mode needs prices, and there are none yet. */
  record NoPrices() implements Quote {}

  /**
   * The facts about a request that the charge of its answer needs.
   *
   * @param kind the kind of request
   * @param promptTokens the estimated number of tokens of the prompt
   * @param pictures the number of pictures in the prompt
   * @param mostOutput the maximum number of tokens of all answers together; {@link Long#MAX_VALUE}
   *     if it is not known
   * @param price the price of the most expensive model that may answer; null: not known, and the
   *     amount is a configured one
   */
  record RequestFacts(
      RequestKind kind,
      long promptTokens,
      int pictures,
      long mostOutput,
      @Nullable ModelPrice price) {}
}
