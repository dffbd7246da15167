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
 * What the calls to the upstream have shown of its state, and who is told: a circuit breaker. Safe
 * for use by many threads.
 *
 * <pre>
 *   closed --MAX_FAILURES in a row without a connection--> open: calls are refused,
 *                                                          but for one every PROBE_INTERVAL
 *   open   --any call that got a connection--------------> closed
 * </pre>
 *
 * It is about the way to the upstream alone: an upstream that answers, with whatever status, or
 * breaks off, can be reached. So connections that break all at once, as when a proxy in front of it
 * is replaced, do not open it. A probe is a client's own request, and is counted by the time it is
 * let through, not by its end: one that is given up halfway leaves nothing behind.
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
   * @param metrics hears of it; what it throws is its own affair
   * @param nanoTime as {@link System#nanoTime}
   */
  public UpstreamHealth(GatewayMetrics metrics, LongSupplier nanoTime) {
    this.metrics = metrics;
    this.probes = new AtMostEvery(PROBE_INTERVAL, nanoTime);
  }

  /** Whether a call may be tried. */
  public boolean admits() {
    return !open.get() || probes.isDue();
  }

  /** Whether calls are refused, but for probes. */
  public boolean isOpen() {
    return open.get();
  }

  /** A call got its connection. */
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
   * @param failure why. With one connection that cannot be made all calls fail that wait for any,
   *     for the same reason: that is one failure
   */
  public void unreachable(Throwable failure) {
    if (lastFailure.getAndSet(failure) == failure) {
      return;
    }
    if (failures.incrementAndGet() >= MAX_FAILURES && open.compareAndSet(false, true)) {
      probes.restart();
      LOG.log(
          Level.WARNING,
          "The upstream cannot be reached: requests are refused at once, but for one every {0} s,"
              + " until it can",
          PROBE_INTERVAL.toSeconds());
      metrics.upstreamCircuitChanged(true);
    }
  }

  /** A call that got no connection is tried once more. */
  public void retried() {
    metrics.upstreamRetried();
  }
}
