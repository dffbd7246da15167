package dev.tollgate.gateway.client;

import dev.tollgate.gateway.ledger.Entry;
import dev.tollgate.gateway.ledger.Money;
import java.math.BigDecimal;

/**
 * What an answer cost: as the upstream has it in its books, or as the gateway has it in its own.
 *
 * @param cost in USD, to the letter as it went over the wire
 * @param charged what the project pays for it
 */
record Generation(
    String id,
    String model,
    String cost,
    long promptTokens,
    long completionTokens,
    Money charged,
    String flags) {
  /** As the upstream has it; the gateway should charge the cost, rounded up, and flag nothing. */
  static Generation taken(
      String id, String model, String cost, long promptTokens, long completionTokens) {
    Money charge = Money.ceiling(new BigDecimal(cost));
    return new Generation(id, model, cost, promptTokens, completionTokens, charge, "[]");
  }

  /** As the gateway has it. */
  static Generation charged(Entry entry) {
    return new Generation(
        entry.generationId(),
        entry.model(),
        entry.literal(),
        entry.tokens().input(),
        entry.tokens().output(),
        entry.amount(),
        entry.flags().toString());
  }
}
