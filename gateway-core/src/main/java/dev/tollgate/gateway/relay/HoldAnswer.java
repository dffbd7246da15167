package dev.tollgate.gateway.relay;

import dev.tollgate.gateway.flavor.GatewayError;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.meter.Quote;

/** What became of a request's hold. */
sealed interface HoldAnswer {
  /** It is placed; {@link Tab#held} takes it. */
  record Placed(Quote.Estimated quote, Money amount) implements HoldAnswer {}

  /** Nothing is held. */
  record Refused(GatewayError error) implements HoldAnswer {}
}
