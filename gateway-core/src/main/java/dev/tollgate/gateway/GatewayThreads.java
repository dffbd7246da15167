package dev.tollgate.gateway;

import dev.tollgate.gateway.threads.OwnThreads;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** The threads of one gateway, each for what may wait for the same things. */
final class GatewayThreads {
  private static final long SHUTDOWN_SECONDS = 5;

  private final OwnThreads own = new OwnThreads();
  private final ScheduledExecutorService timer = own.scheduler("tollgate-timer");
  private final ScheduledExecutorService poll = own.scheduler("tollgate-poll");
  private final ScheduledExecutorService balance = own.scheduler("tollgate-balance");
  private final ScheduledExecutorService reconciler = own.scheduler("tollgate-reconciler");
  private final ScheduledExecutorService clients = own.scheduler("tollgate-clients");
  private final ScheduledExecutorService signals = own.scheduler("tollgate-signals");
  private final ScheduledExecutorService log = own.scheduler("tollgate-log");

  /** Where all of them are started. */
  OwnThreads own() {
    return own;
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

  /** Shuts all threads down. */
  void close() {
    // Queued log lines are still written.
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
