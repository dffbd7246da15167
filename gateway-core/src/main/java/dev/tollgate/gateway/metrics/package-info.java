/**
 * Metrics: the events of {@link dev.tollgate.gateway.metrics.GatewayMetrics} and their Prometheus
 * text.
 */
@NullMarked
package dev.tollgate.gateway.metrics;

import org.jspecify.annotations.NullMarked;
