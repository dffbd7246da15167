package dev.tollgate.gateway.relay;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Periodic check of the time limits of all open calls. One pass is cheaper than a timer for each
 * limit, which would nearly always be cancelled. So a limit takes effect up to {@link #INTERVAL}
 * late.
 */
public final class Deadlines {
  /** Time between two passes. */
  public static final Duration INTERVAL = Duration.ofMillis(100);

  private static final Logger LOG = System.getLogger(Deadlines.class.getName());

  private final Set<Call> calls = ConcurrentHashMap.newKeySet();

  /**
   * Starts the passes on a thread of {@code scheduler}, until the scheduler is shut down. Call it
   * once.
   */
  public void start(ScheduledExecutorService scheduler) {
    long millis = INTERVAL.toMillis();
    var unused =
        scheduler.scheduleWithFixedDelay(this::look, millis, millis, TimeUnit.MILLISECONDS);
  }

  void add(Call call) {
    calls.add(call);
  }

  void remove(Call call) {
    calls.remove(call);
  }

  private void look() {
    long now = System.nanoTime();
    for (Call call : calls) {
      try {
        call.look(now);
      } catch (RuntimeException | Error e) {
        // A task that throws is not scheduled again, for any call.
        LOG.log(Level.ERROR, "cannot check the time limits of a call", e);
      }
    }
  }
}
