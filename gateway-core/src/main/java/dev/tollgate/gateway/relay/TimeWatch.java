package dev.tollgate.gateway.relay;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Looks at the time limits of all open exchanges every now and then. A timer for each limit of each
 * exchange would be set and, nearly always, cancelled: several times for every request. So a limit
 * passes up to {@link #INTERVAL} late.
 */
public final class TimeWatch {
  /** How often it looks. */
  public static final Duration INTERVAL = Duration.ofMillis(100);

  private static final Logger LOG = System.getLogger(TimeWatch.class.getName());

  private final Set<TimeLimits> watched = ConcurrentHashMap.newKeySet();

  /** Looks on a thread of {@code scheduler}, until that is shut down. Call it once. */
  public void start(ScheduledExecutorService scheduler) {
    long millis = INTERVAL.toMillis();
    var unused =
        scheduler.scheduleWithFixedDelay(this::look, millis, millis, TimeUnit.MILLISECONDS);
  }

  /** From now on, until they are removed. */
  void add(TimeLimits limits) {
    watched.add(limits);
  }

  void remove(TimeLimits limits) {
    watched.remove(limits);
  }

  private void look() {
    long now = System.nanoTime();
    for (TimeLimits limits : watched) {
      try {
        limits.look(now);
      } catch (RuntimeException | Error e) {
        // Whatever it is: a look that throws would be the last, for all of them.
        LOG.log(Level.ERROR, "a time limit could not be kept", e);
      }
    }
  }
}
