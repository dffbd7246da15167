package dev.tollgate.example.tomcat;

import dev.tollgate.gateway.metrics.ExchangeEnd;
import dev.tollgate.gateway.metrics.GatewayMetrics;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

// docs: metrics
/** Counts requests by route and outcome; most applications pass them on to their own metrics. */
final class RequestCounter implements GatewayMetrics {
  private final Map<String, LongAdder> counts = new ConcurrentHashMap<>();

  @Override
  public void exchangeEnded(ExchangeEnd end) {
    counts.computeIfAbsent(end.route() + " " + end.outcome(), key -> new LongAdder()).increment();
  }

  long count(String route, String outcome) {
    LongAdder count = counts.get(route + " " + outcome);
    return count == null ? 0 : count.sum();
  }
}
// end
