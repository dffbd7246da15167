/** What an application may count and time; {@link dev.tollgate.gateway.metrics.GatewayMetrics}. */
@NullMarked
package dev.tollgate.gateway.metrics;

import org.jspecify.annotations.NullMarked;
