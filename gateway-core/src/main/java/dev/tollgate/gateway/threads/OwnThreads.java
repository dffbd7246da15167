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
 * Starts the long-lived threads of a gateway, and knows when one of them has died. All are daemons.
 * An exception ends no thread: it is logged, and the work goes on. An {@link Error} ends its
 * thread, because the work may be half done, and after an {@link OutOfMemoryError} the whole
 * process may be unfit. Safe for use by many threads.
 */
public final class OwnThreads {
  private static final Logger LOG = System.getLogger(OwnThreads.class.getName());

  private volatile @Nullable String dead;

  /** The name of a thread that has died; empty: none has. */
  public Optional<String> dead() {
    return Optional.ofNullable(dead);
  }

  /** Starts a thread that ends when {@code loop} does; if that throws anything, it has died. */
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

  /** One thread for delayed and periodic tasks. It starts with its first task. */
  public ScheduledExecutorService scheduler(String name) {
    Scheduler scheduler = new Scheduler(name);
    scheduler.setRemoveOnCancelPolicy(true);
    return scheduler;
  }

  /**
   * Says that a thread has died. {@link #dead} knows it before the log line is written, because
   * there may be no memory for the line.
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

  /** Guards each task: execute and submit, too, call one of the four methods overridden here. */
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
