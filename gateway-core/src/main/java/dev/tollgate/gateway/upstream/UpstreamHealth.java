package dev.tollgate.gateway.upstream;

import dev.tollgate.gateway.metrics.GatewayMetrics;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Circuit breaker for the upstream, which also notifies the metrics and the log. Safe for use by
 * many threads.
 *
 * <pre>
 *   closed --MAX_FAILURES in a row without a connection--> open: calls are refused,
 *                                                          but for one every PROBE_INTERVAL
 *   open   --any call that got a connection--------------> closed
 * </pre>
 *
 * The breaker counts only failed connections. An upstream that answers with any status, or breaks
 * off, is reachable. So the breaker stays closed when all connections break at once, as when a
 * proxy in front of the upstream is replaced. A probe is a client's own request. The next probe is
 * due a fixed time after the last one started, so an abandoned probe needs no clean-up.
 */
public final class UpstreamHealth {
  static final int MAX_FAILURES = 5;
  static final Duration PROBE_INTERVAL = Duration.ofSeconds(1);

  private static final Logger LOG = System.getLogger(UpstreamHealth.class.getName());

  private final GatewayMetrics metrics;
  private final AtomicInteger failures = new AtomicInteger();
  private final AtomicReference<@Nullable Throwable> lastFailure = new AtomicReference<>();
  private final AtomicBoolean open = new AtomicBoolean();
  private final AtMostEvery probes;

  /**
   * @param metrics is notified; must not throw
   * @param nanoTime the clock, as {@link System#nanoTime}
   */
  public UpstreamHealth(GatewayMetrics metrics, LongSupplier nanoTime) {
    this.metrics = metrics;
    this.probes = new AtMostEvery(PROBE_INTERVAL, nanoTime);
  }

  /** Whether a call may be sent. While the breaker is open, a true result uses up the probe. */
  public boolean admits() {
    return !open.get() || probes.isDue();
  }

  /** Whether calls other than probes are refused. */
  public boolean isOpen() {
    return open.get();
  }

  /** A call got a connection. */
  public void reached() {
    if (failures.get() != 0) {
      failures.set(0);
      lastFailure.set(null);
    }
    if (open.get() && open.compareAndSet(true, false)) {
      LOG.log(Level.INFO, "The upstream can be reached again");
      metrics.upstreamCircuitChanged(false);
    }
  }

  /**
   * A call got no connection.
   *
   * @param failure the cause. When one connection fails, all calls waiting for a connection fail
   *     with the same exception: that counts as one failure
   */
  public void unreachable(Throwable failure) {
    if (lastFailure.getAndSet(failure) == failure) {
      return;
    }
    if (failures.incrementAndGet() >= MAX_FAILURES && open.compareAndSet(false, true)) {
      probes.restart();
      LOG.log(
          Level.WARNING,
          "The upstream cannot be reached: requests are refused, except one probe every {0} s",
          PROBE_INTERVAL.toSeconds());
      metrics.upstreamCircuitChanged(true);
    }
  }

  /** A call that got no connection is retried. */
  public void retried() {
    metrics.upstreamRetried();
  }
}
