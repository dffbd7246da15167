package dev.tollgate.gateway.relay;

import dev.tollgate.gateway.ledger.Ledger;
import dev.tollgate.gateway.meter.Meter;
import dev.tollgate.gateway.upstream.EndpointPrices;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What charging for exchanges takes.
 *
 * @param limits what requests are kept to beside the balance
 * @param balances hears of each request that is settled
 * @param refusedForMoney receives the id of each project whose request is refused for its balance
 *     or a cap; must not block
 * @param meter makes money of requests and answers
 * @param endpoints what knows the prices of a model's endpoints; null: no hold needs them
 * @param timer what watches time limits; its threads are never blocked
 * @param askAfter how long after its end the cost of an exchange is asked for first
 */
public record Billing(
    Ledger ledger,
    Meter meter,
    RequestLimits limits,
    BalanceWatch balances,
    Consumer<String> refusedForMoney,
    @Nullable EndpointPrices endpoints,
    ScheduledExecutorService timer,
    InstantSource clock,
    Duration askAfter) {
  /** The time that the ledger is told, in milliseconds. */
  Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MILLIS);
  }
}
