/** The money of projects: balances, holds and charges, and the port of the ledger. */
@NullMarked
package dev.tollgate.gateway.ledger;

import org.jspecify.annotations.NullMarked;
