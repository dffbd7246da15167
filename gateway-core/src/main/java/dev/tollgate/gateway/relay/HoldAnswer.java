package dev.tollgate.gateway.relay;

import dev.tollgate.gateway.flavor.GatewayError;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.meter.Quote;

/** Outcome of the attempt to place a request's hold. */
sealed interface HoldAnswer {
  /** The hold is placed; pass it to {@link Tab#held}. */
  record Placed(Quote.Estimated quote, Money amount) implements HoldAnswer {}

  /** The hold was refused. */
  record Refused(GatewayError error) implements HoldAnswer {}
}
