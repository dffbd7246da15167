package dev.tollgate.gateway.relay;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Tells calls that their time is up. One periodic pass over all open calls is cheaper than a timer
 * per limit, which would nearly always be cancelled. So a limit passes up to {@link #INTERVAL}
 * late.
 */
public final class Deadlines {
  /** Time between two passes. */
  public static final Duration INTERVAL = Duration.ofMillis(100);

  private static final Logger LOG = System.getLogger(Deadlines.class.getName());

  private final Set<Call> calls = ConcurrentHashMap.newKeySet();

  /** Looks on a thread of {@code scheduler}, until that is shut down. Call it once. */
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
        // A pass that throws would be the last, for all calls.
        LOG.log(Level.ERROR, "a time limit could not be kept", e);
      }
    }
  }
}
