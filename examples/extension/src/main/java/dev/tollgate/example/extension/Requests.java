package dev.tollgate.example.extension;

import dev.tollgate.gateway.metrics.ExchangeEnd;
import dev.tollgate.gateway.metrics.GatewayMetrics;
import java.lang.management.ManagementFactory;
import java.util.concurrent.atomic.LongAdder;
import javax.management.JMException;
import javax.management.ObjectName;

/** Counts requests, for JMX. */
public final class Requests implements RequestsMBean, GatewayMetrics, AutoCloseable {
  private static final String NAME = "dev.tollgate.example:type=Requests";

  private final LongAdder ended = new LongAdder();

  Requests() {
    try {
      ManagementFactory.getPlatformMBeanServer().registerMBean(this, new ObjectName(NAME));
    } catch (JMException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void exchangeEnded(ExchangeEnd end) {
    ended.increment();
  }

  @Override
  public long getEnded() {
    return ended.sum();
  }

  @Override
  public void close() throws JMException {
    ManagementFactory.getPlatformMBeanServer().unregisterMBean(new ObjectName(NAME));
  }
}
