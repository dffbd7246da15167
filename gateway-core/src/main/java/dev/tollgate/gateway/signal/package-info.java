/** Signals about the gateway's own state: health, readiness and metrics. */
@NullMarked
package dev.tollgate.gateway.signal;

import org.jspecify.annotations.NullMarked;
