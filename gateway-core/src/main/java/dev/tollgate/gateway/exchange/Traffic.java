package dev.tollgate.gateway.exchange;

import java.time.Duration;

/**
 * How many exchanges are open, and whether new ones are let in. Safe for use by many threads; its
 * monitor is never held over a call out.
 */
public final class Traffic {
  private int open;
  private boolean draining;

  synchronized void enter() {
    open++;
  }

  synchronized void leave() {
    open--;
    notifyAll();
  }

  /** From now on new requests are refused; those that are open go on. */
  public synchronized void drain() {
    draining = true;
  }

  /** Whether {@link #drain} was called. */
  public synchronized boolean isDraining() {
    return draining;
  }

  /** How many exchanges are open. */
  public synchronized int open() {
    return open;
  }

  /**
   * Waits until no exchange is open.
   *
   * @return false if {@code limit} passed, or the thread was interrupted, before
   */
  public synchronized boolean awaitIdle(Duration limit) {
    long end = System.nanoTime() + limit.toNanos();
    try {
      while (open > 0) {
        long leftNanos = end - System.nanoTime();
        if (leftNanos <= 0) {
          return false;
        }
        // One more millisecond: a wait of 0 would be without end.
        wait(leftNanos / 1_000_000 + 1);
      }
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
