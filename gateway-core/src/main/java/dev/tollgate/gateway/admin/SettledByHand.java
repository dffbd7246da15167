package dev.tollgate.gateway.admin;

import dev.tollgate.gateway.ledger.Balance;
import dev.tollgate.gateway.ledger.Entry;
import org.jspecify.annotations.Nullable;

/**
 * A pending request that the operator settled.
 *
 * @param charge the entry of the charge; null: the hold was released
 * @param balance the project's balance afterwards
 */
public record SettledByHand(
    String projectName, String holdId, @Nullable Entry charge, Balance balance) {}
