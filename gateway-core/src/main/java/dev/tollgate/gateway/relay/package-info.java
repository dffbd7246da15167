/** Relay between a client and the upstream, with back-pressure in both directions. */
@NullMarked
package dev.tollgate.gateway.relay;

import org.jspecify.annotations.NullMarked;
