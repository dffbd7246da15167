/**
 * The possible cost of a request and the actual cost of an answer, read from copies of the relayed
 * bytes. This package cannot delay, change or fail the exchange that it observes.
 */
@NullMarked
package dev.tollgate.gateway.meter;

import org.jspecify.annotations.NullMarked;
