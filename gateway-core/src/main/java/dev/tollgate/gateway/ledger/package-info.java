/** What a project may spend: money, balances, and the port of the ledger. */
@NullMarked
package dev.tollgate.gateway.ledger;

import org.jspecify.annotations.NullMarked;
