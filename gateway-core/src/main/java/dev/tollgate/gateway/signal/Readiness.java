package dev.tollgate.gateway.signal;

import dev.tollgate.gateway.exchange.Traffic;
import dev.tollgate.gateway.ledger.Ledger;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Whether new requests are let in: the gateway is not draining or about to, and its store can be
 * written, which is tried. Safe for use by many threads; each may wait a second.
 */
public final class Readiness {
  /** What {@link #word} says when all is well. */
  static final String OK = "ok";

  private static final Duration PATIENCE = Duration.ofSeconds(1);
  private static final Duration BELIEVED_FOR = Duration.ofMillis(500);

  private final Traffic traffic;
  private final Ledger ledger;

  // Guarded by this: who asks while the store is being tried waits for the same answer.
  private boolean storeAnswered;
  private boolean storeTried;
  private long triedAtNanos;

  /**
   * @param traffic knows whether the gateway is draining
   * @param ledger what has to be writable
   */
  public Readiness(Traffic traffic, Ledger ledger) {
    this.traffic = traffic;
    this.ledger = ledger;
  }

  /** One of a few fixed words. */
  String word() {
    if (isDraining()) {
      return "draining";
    }
    return storeAnswers() ? OK : "store unavailable";
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
