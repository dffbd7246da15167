package dev.tollgate.gateway.exchange;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The set of open exchanges, and the switch that stops new ones. Thread-safe; the monitor is never
 * held over a call out.
 */
public final class Traffic {
  private final int maxOpen;
  private final Set<Exchange> open = new HashSet<>();
  private boolean leaving;
  private boolean draining;

  /**
   * @param maxOpen the maximum number of open exchanges
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

  /** Breaks off and ends all open exchanges. */
  public void abort() {
    List<Exchange> left;
    synchronized (this) {
      left = List.copyOf(open);
    }
    left.forEach(Exchange::abort);
  }

  /**
   * Announces a drain: the gateway reports that it is not ready, but still accepts new requests.
   */
  public synchronized void announceDrain() {
    leaving = true;
  }

  /** Whether {@link #announceDrain} or {@link #drain} was called. */
  public synchronized boolean isLeaving() {
    return leaving || draining;
  }

  /** Refuses new requests from now on. Open exchanges continue. */
  public synchronized void drain() {
    draining = true;
  }

  /** The number of open exchanges. */
  public synchronized int openCount() {
    return open.size();
  }

  /**
   * Whether there are more open exchanges than allowed. The caller's own exchange counts until it
   * is refused.
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
   * @return false if {@code limit} passed or the thread was interrupted before that
   */
  public synchronized boolean awaitIdle(Duration limit) {
    long end = System.nanoTime() + limit.toNanos();
    try {
      while (!open.isEmpty()) {
        long leftNanos = end - System.nanoTime();
        if (leftNanos <= 0) {
          return false;
        }
        // Add a millisecond: wait(0) would wait forever.
        wait(leftNanos / 1_000_000 + 1);
      }
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
