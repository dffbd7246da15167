package dev.tollgate.gateway.relay;

import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Notices when the upstream keeps a client waiting for too long within an answer. The time during
 * which the client takes nothing does not count. One timer task for each limit that passes, none
 * for each chunk.
 */
final class IdleWatch {
  private final ScheduledExecutorService timer;
  private final ResponsePump pump;
  private final long limitNanos;
  private final Consumer<Throwable> onSilent;
  private volatile @Nullable ScheduledFuture<?> next;

  /**
   * @param onSilent is told once, on the timer's thread, and must not block
   */
  IdleWatch(
      ScheduledExecutorService timer,
      ResponsePump pump,
      Duration limit,
      Consumer<Throwable> onSilent) {
    this.timer = timer;
    this.pump = pump;
    this.limitNanos = limit.toNanos();
    this.onSilent = onSilent;
  }

  /** Looks, and looks again when the limit would have passed, for as long as the pump moves. */
  void look() {
    if (!pump.isMoving()) {
      return;
    }
    long leftNanos = limitNanos - pump.waitedNanos();
    if (leftNanos <= 0) {
      onSilent.accept(new TimeoutException("the upstream fell silent"));
      return;
    }
    try {
      next = timer.schedule(this::look, leftNanos, TimeUnit.NANOSECONDS);
      if (!pump.isMoving()) {
        // It ended in between, and found nothing to stop.
        stop();
      }
    } catch (RejectedExecutionException e) {
      // The gateway is being closed, and the call with it.
      onSilent.accept(e);
    }
  }

  void stop() {
    ScheduledFuture<?> scheduled = next;
    if (scheduled != null) {
      scheduled.cancel(false);
    }
  }
}
