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

  /** No connection to the upstream could be had for a request, which is tried on another one. */
  default void upstreamRetried() {}

  /**
   * The upstream could not be reached so often in a row that requests are refused at once, or can
   * be reached again.
   *
   * @param open whether requests are refused
   */
  default void upstreamCircuitChanged(boolean open) {}

  /**
   * The upstream refused the operator's own account: its key is not accepted, or its credits are
   * used up. Every project without an upstream key of its own is without service until the operator
   * does something.
   *
   * @param status 401 or 402
   */
  default void operatorAccountRefused(int status) {}
}
