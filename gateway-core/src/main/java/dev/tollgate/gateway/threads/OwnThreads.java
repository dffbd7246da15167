package dev.tollgate.gateway.threads;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Starts a gateway's long-lived threads and records the death of one. All are daemon threads. An
 * exception ends no task of a scheduler: it is logged, and the work continues. An {@link Error}
 * ends its thread, because the work may be half done, and after an {@link OutOfMemoryError} the
 * whole process may be unfit. Thread-safe.
 */
public final class OwnThreads {
  private static final Logger LOG = System.getLogger(OwnThreads.class.getName());

  private volatile @Nullable String dead;

  /** The name of a thread that has died; empty if all are alive. */
  public Optional<String> dead() {
    return Optional.ofNullable(dead);
  }

  /**
   * Starts a thread that ends when {@code loop} returns. If {@code loop} throws, the thread counts
   * as dead.
   */
  public Thread start(String name, Runnable loop) {
    Thread thread =
        factory(name)
            .newThread(
                () -> {
                  try {
                    loop.run();
                  } catch (RuntimeException | Error e) {
                    died(name, e);
                  }
                });
    thread.start();
    return thread;
  }

  /**
   * A single-threaded scheduler for delayed and periodic tasks. The thread starts with the first
   * task.
   */
  public ScheduledExecutorService scheduler(String name) {
    Scheduler scheduler = new Scheduler(name);
    scheduler.setRemoveOnCancelPolicy(true);
    return scheduler;
  }

  /**
   * Records the death of a thread. {@link #dead} is set before the log line is written, because
   * there may be no memory left for the line.
   */
  public void died(String name, Throwable why) {
    dead = name;
    LOG.log(
        Level.ERROR,
        "the thread "
            + name
            + " has died; /health/live fails from now on, and the process has to be started again",
        why);
  }

  private ThreadFactory factory(String name) {
    return task -> {
      Thread thread = new Thread(task, name);
      thread.setDaemon(true);
      thread.setUncaughtExceptionHandler((ended, failure) -> died(name, failure));
      return thread;
    };
  }

  /** Guards each task. The methods execute and submit call one of the four overridden methods. */
  private final class Scheduler extends ScheduledThreadPoolExecutor {
    private final String name;

    Scheduler(String name) {
      super(1, factory(name));
      this.name = name;
    }

    @Override
    public ScheduledFuture<?> schedule(Runnable task, long delay, TimeUnit unit) {
      return super.schedule(guarded(task), delay, unit);
    }

    @Override
    public <V> ScheduledFuture<V> schedule(Callable<V> task, long delay, TimeUnit unit) {
      return super.schedule(
          () -> {
            try {
              return task.call();
            } catch (Error e) {
              died(name, e);
              throw e;
            }
          },
          delay,
          unit);
    }

    @Override
    public ScheduledFuture<?> scheduleAtFixedRate(
        Runnable task, long delay, long period, TimeUnit unit) {
      return super.scheduleAtFixedRate(guarded(task), delay, period, unit);
    }

    @Override
    public ScheduledFuture<?> scheduleWithFixedDelay(
        Runnable task, long delay, long period, TimeUnit unit) {
      return super.scheduleWithFixedDelay(guarded(task), delay, period, unit);
    }

    private Runnable guarded(Runnable task) {
      return () -> {
        try {
          task.run();
        } catch (RuntimeException e) {
          LOG.log(Level.ERROR, name + ": a task failed; the thread goes on", e);
        } catch (Error e) {
          died(name, e);
          throw e;
        }
      };
    }
  }
}
