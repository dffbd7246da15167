package dev.tollgate.gateway.meter;

import dev.tollgate.gateway.ledger.Money;
import org.jspecify.annotations.Nullable;

/** What a request may cost, before it is sent. */
public sealed interface Quote {
  /**
   * It can be held for.
   *
   * @param amount the most that the project is expected to be charged; more than zero
   * @param kind what is asked for
   * @param promptTokens how many tokens the prompt is expected to have
   * @param price of the dearest model that may answer; null: there is no price to reckon with, and
   *     the amount is a configured one
   */
  record Estimated(Money amount, RequestKind kind, long promptTokens, @Nullable ModelPrice price)
      implements Quote {}

  /**
   * It cannot be bounded, and must be.
   *
   * @param why for the caller, in a few words
   */
  record Unbounded(String why) implements Quote {}

  /** There are no prices yet, and they are needed. */
  record NoPrices() implements Quote {}
}
