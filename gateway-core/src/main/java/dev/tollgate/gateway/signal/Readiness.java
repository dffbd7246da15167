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
 * Whether new requests are let in: no thread of the gateway has died, it is not draining or about
 * to, and its store can be written, which is tried. Safe for use by many threads; each may wait a
 * second.
 */
public final class Readiness {
  /** What {@link #word} says when all is well. */
  static final String OK = "ok";

  /** What {@link #word} says when a thread has died. */
  static final String THREAD_DIED = "thread died";

  private static final Duration PATIENCE = Duration.ofSeconds(1);
  private static final Duration BELIEVED_FOR = Duration.ofMillis(500);

  private final Traffic traffic;
  private final Ledger ledger;
  private final List<OwnThreads> threads;

  // Guarded by this: who asks while the store is being tried waits for the same answer.
  private boolean storeAnswered;
  private boolean storeTried;
  private long triedAtNanos;

  /**
   * @param traffic knows whether the gateway is draining
   * @param ledger what has to be writable
   * @param threads of which none may have died
   */
  public Readiness(Traffic traffic, Ledger ledger, List<OwnThreads> threads) {
    this.threads = List.copyOf(threads);
    this.traffic = traffic;
    this.ledger = ledger;
  }

  /** One of a few fixed words. */
  String word() {
    if (!isAlive()) {
      return THREAD_DIED;
    }
    if (isDraining()) {
      return "draining";
    }
    return storeAnswers() ? OK : "store unavailable";
  }

  /** Whether all threads of the gateway are alive; one that has died does not come back. */
  boolean isAlive() {
    return threads.stream().allMatch(own -> own.dead().isEmpty());
  }

  /** Whether the gateway is draining or about to. */
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
