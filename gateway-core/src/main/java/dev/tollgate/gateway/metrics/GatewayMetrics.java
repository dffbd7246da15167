package dev.tollgate.gateway.metrics;

/**
 * Receives the gateway's events, to be counted and timed. An adapter passes them on to an
 * application's own metrics. Every method does nothing by default. Many threads call it while they
 * serve requests, so an implementation must be thread-safe and must not block. Exceptions are
 * logged and otherwise ignored.
 */
public interface GatewayMetrics {
  /** Ignores all events. */
  GatewayMetrics NONE = new GatewayMetrics() {};

  /** A request has arrived. An {@link #exchangeEnded} follows for each. */
  default void exchangeOpened() {}

  /** A response is complete, or its connection is gone. */
  default void exchangeEnded(ExchangeEnd end) {}

  /** A request got no connection to the upstream and is retried once on another connection. */
  default void upstreamRetried() {}

  /**
   * The upstream's circuit breaker opened or closed. It opens after several connection failures in
   * a row; requests are then refused at once, except for probes.
   *
   * @param open whether requests are refused
   */
  default void upstreamCircuitChanged(boolean open) {}

  /**
   * The upstream refused the operator's own account: it rejected the key, or the account has no
   * credits left. Projects without their own upstream key have no service until the operator acts.
   *
   * @param status 401 or 402
   */
  default void operatorAccountRefused(int status) {}
}
