/**
 * Calls the upstream on a relayed request's behalf and on the gateway's own: connections and their
 * health, prices, the cost of past generations, the operator's account. For use within the gateway
 * alone: its types name Jetty's.
 */
@NullMarked
package dev.tollgate.gateway.upstream;

import org.jspecify.annotations.NullMarked;
