package dev.tollgate.gateway.metrics;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.function.Consumer;

/**
 * Passes each event to several listeners. An exception from one of them is logged and affects
 * neither the others nor the request.
 */
public final class GuardedMetrics implements GatewayMetrics {
  private static final Logger LOG = System.getLogger(GuardedMetrics.class.getName());

  private final List<GatewayMetrics> listeners;

  /**
   * @param listeners called in this order
   */
  public GuardedMetrics(GatewayMetrics... listeners) {
    this.listeners = List.of(listeners);
  }

  @Override
  public void exchangeOpened() {
    tell(GatewayMetrics::exchangeOpened);
  }

  @Override
  public void exchangeEnded(ExchangeEnd end) {
    tell(listener -> listener.exchangeEnded(end));
  }

  @Override
  public void upstreamRetried() {
    tell(GatewayMetrics::upstreamRetried);
  }

  @Override
  public void upstreamCircuitChanged(boolean open) {
    tell(listener -> listener.upstreamCircuitChanged(open));
  }

  @Override
  public void operatorAccountRefused(int status) {
    tell(listener -> listener.operatorAccountRefused(status));
  }

  private void tell(Consumer<GatewayMetrics> call) {
    for (GatewayMetrics listener : listeners) {
      try {
        call.accept(listener);
      } catch (RuntimeException | LinkageError e) {
        LOG.log(Level.WARNING, "the metrics failed", e);
      }
    }
  }
}
