package dev.tollgate.gateway.admin;

import dev.tollgate.gateway.ledger.Reports.InFlight;
import dev.tollgate.gateway.ledger.Reports.Usage;

/**
 * What a project does right now.
 *
 * @param recent what was charged in the last minutes
 * @param now the requests that are not settled yet
 */
public record Activity(String projectName, Usage recent, InFlight now) {}
