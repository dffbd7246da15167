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
 * Collaborators and settings for charging an exchange.
 *
 * @param limits limits on requests besides the balance
 * @param balances is notified of each settled request
 * @param refusedForMoney receives the id of each project whose request is refused for its balance
 *     or a cap; must not block
 * @param meter computes holds and charges from requests and answers
 * @param endpoints prices of each model's endpoints; null: no hold needs them
 * @param timer schedules retries; its threads must not be blocked
 * @param askAfter delay from the end of an exchange to the first look-up of its cost
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
  /** The present time for the ledger, truncated to milliseconds. */
  Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MILLIS);
  }
}
