package dev.tollgate.gateway;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;

/**
 * The threads of one gateway, each for what may wait for the same things. They are daemons, and
 * start with their first task.
 */
final class GatewayThreads {
  private static final long SHUTDOWN_SECONDS = 5;

  private final ScheduledThreadPoolExecutor timer = timer("tollgate-timer");
  private final ScheduledThreadPoolExecutor poll = timer("tollgate-poll");
  private final ScheduledThreadPoolExecutor balance = timer("tollgate-balance");
  private final ScheduledThreadPoolExecutor reconciler = timer("tollgate-reconciler");
  private final ScheduledThreadPoolExecutor clients = timer("tollgate-clients");
  private final ScheduledThreadPoolExecutor signals = timer("tollgate-signals");
  private final ScheduledThreadPoolExecutor log = timer("tollgate-log");

  private static ScheduledThreadPoolExecutor timer(String name) {
    ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1, daemons(name));
    timer.setRemoveOnCancelPolicy(true);
    return timer;
  }

  private static ThreadFactory daemons(String name) {
    return task -> {
      Thread thread = Executors.defaultThreadFactory().newThread(task);
      thread.setName(name);
      thread.setDaemon(true);
      return thread;
    };
  }

  /** Watches time limits; never blocked. */
  ScheduledExecutorService timer() {
    return timer;
  }

  /** Reads the database every now and then. */
  ScheduledExecutorService poll() {
    return poll;
  }

  /** Reads balances and calls an application, which may take its time. */
  ScheduledExecutorService balance() {
    return balance;
  }

  /** Settles what is pending. */
  ScheduledExecutorService reconciler() {
    return reconciler;
  }

  /** Reads the kernel's table, which takes its time where there are many connections. */
  ScheduledExecutorService clients() {
    return clients;
  }

  /** Asks the database for what the metrics show. */
  ExecutorService signals() {
    return signals;
  }

  /** Writes the lines of exchanges, and waits for the log. */
  ScheduledExecutorService log() {
    return log;
  }

  /** Ends them, those last that others give something to do. */
  void close() {
    // What is to be written in a moment still is.
    log.shutdown();
    timer.shutdownNow();
    clients.shutdownNow();
    reconciler.shutdownNow();
    balance.shutdownNow();
    poll.shutdownNow();
    signals.shutdownNow();
    // They may be in the database.
    await(reconciler);
    await(balance);
    await(poll);
    await(signals);
    await(log);
  }

  private static void await(ExecutorService executor) {
    try {
      var unused = executor.awaitTermination(SHUTDOWN_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
