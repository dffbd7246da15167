package dev.tollgate.gateway.signal;

import dev.tollgate.gateway.exchange.Traffic;
import dev.tollgate.gateway.ledger.Ledger;
import dev.tollgate.gateway.threads.OwnThreads;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The readiness check. The gateway is ready if none of its threads has died, no drain is announced
 * or under way, and a trial write to the store succeeds. Thread-safe; a call may block for a
 * second.
 */
public final class Readiness {
  /** The {@link #word} of a ready gateway. */
  static final String OK = "ok";

  /** The {@link #word} after the death of a thread. */
  static final String THREAD_DIED = "thread died";

  private static final Duration PATIENCE = Duration.ofSeconds(1);
  private static final Duration BELIEVED_FOR = Duration.ofMillis(500);

  private final Traffic traffic;
  private final Ledger ledger;
  private final List<OwnThreads> threads;

  // Guarded by this: callers wait for a running probe of the store and share its result.
  private boolean storeAnswered;
  private boolean storeTried;
  private long triedAtNanos;

  /**
   * @param traffic knows whether the gateway is draining
   * @param ledger the ledger that must be writable
   * @param threads the gateway's threads, none of which may have died
   */
  public Readiness(Traffic traffic, Ledger ledger, List<OwnThreads> threads) {
    this.threads = List.copyOf(threads);
    this.traffic = traffic;
    this.ledger = ledger;
  }

  /** The result as one of a few fixed words. */
  String word() {
    if (!isAlive()) {
      return THREAD_DIED;
    }
    if (isDraining()) {
      return "draining";
    }
    return storeAnswers() ? OK : "store unavailable";
  }

  /** Whether all threads of the gateway are alive. A dead thread is not restarted. */
  boolean isAlive() {
    return threads.stream().allMatch(own -> own.dead().isEmpty());
  }

  /** Whether a drain is announced or under way. */
  boolean isDraining() {
    return traffic.isLeaving();
  }

  private synchronized boolean storeAnswers() {
    if (!storeTried || System.nanoTime() - triedAtNanos > BELIEVED_FOR.toNanos()) {
      storeAnswered = tryStore();
      storeTried = true;
      triedAtNanos = System.nanoTime();
    }
    return storeAnswered;
  }

  private boolean tryStore() {
    try {
      ledger.probe().toCompletableFuture().get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
      return true;
    } catch (ExecutionException | TimeoutException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
