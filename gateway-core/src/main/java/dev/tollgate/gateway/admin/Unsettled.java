package dev.tollgate.gateway.admin;

import dev.tollgate.gateway.ledger.Hold;

/** A request that is not settled. */
public record Unsettled(String projectName, Hold hold) {}
