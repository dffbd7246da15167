/**
 * Calls to the upstream, both for relayed requests and for the gateway itself: connections and
 * their health, prices, the cost of past generations, the operator's account. Internal to the
 * gateway: its types expose Jetty's types.
 */
@NullMarked
package dev.tollgate.gateway.upstream;

import org.jspecify.annotations.NullMarked;
