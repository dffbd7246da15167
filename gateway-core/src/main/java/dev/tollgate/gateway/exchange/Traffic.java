package dev.tollgate.gateway.exchange;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Which exchanges are open, and whether new ones are let in. Safe for use by many threads; its
 * monitor is never held over a call out.
 */
public final class Traffic {
  private final int maxOpen;
  private final Set<Exchange> open = new HashSet<>();
  private boolean leaving;
  private boolean draining;

  /**
   * @param maxOpen how many exchanges may be open at once
   */
  Traffic(int maxOpen) {
    this.maxOpen = maxOpen;
  }

  synchronized void enter(Exchange exchange) {
    open.add(exchange);
  }

  synchronized void leave(Exchange exchange) {
    open.remove(exchange);
    notifyAll();
  }

  /** Breaks off and ends whatever is still open. */
  public void abort() {
    List<Exchange> left;
    synchronized (this) {
      left = List.copyOf(open);
    }
    left.forEach(Exchange::abort);
  }

  /** Says that new requests will be refused before long; as yet they are let in. */
  public synchronized void announceDrain() {
    leaving = true;
  }

  /** Whether {@link #announceDrain} or {@link #drain} was called. */
  public synchronized boolean isLeaving() {
    return leaving || draining;
  }

  /** From now on new requests are refused; those that are open go on. */
  public synchronized void drain() {
    draining = true;
  }

  /** How many exchanges are open. */
  public synchronized int openCount() {
    return open.size();
  }

  /**
   * Whether more exchanges are open than may be. The one that asks is among them, until it has been
   * refused.
   */
  public synchronized boolean isOverfull() {
    return open.size() > maxOpen;
  }

  /** Whether {@link #drain} was called. */
  public synchronized boolean isDraining() {
    return draining;
  }

  /**
   * Waits until no exchange is open.
   *
   * @return false if {@code limit} passed, or the thread was interrupted, before
   */
  public synchronized boolean awaitIdle(Duration limit) {
    long end = System.nanoTime() + limit.toNanos();
    try {
      while (!open.isEmpty()) {
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
