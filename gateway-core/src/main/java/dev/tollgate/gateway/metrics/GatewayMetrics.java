package dev.tollgate.gateway.metrics;

/**
 * Hears what can be counted and timed; an adapter passes it on to an application's own metrics.
 * Every method does nothing unless it is overridden. Called by many threads, on the request's way:
 * an implementation must not block. What it throws is logged and does no harm.
 */
public interface GatewayMetrics {
  /** Hears everything and keeps nothing. */
  GatewayMetrics NONE = new GatewayMetrics() {};

  /** A request has come. An end follows for each. */
  default void exchangeOpened() {}

  /** A request's answer has left, or its connection is gone. */
  default void exchangeEnded(ExchangeEnd end) {}
}
