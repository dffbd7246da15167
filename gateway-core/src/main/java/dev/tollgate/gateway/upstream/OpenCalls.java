package dev.tollgate.gateway.upstream;

import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;

/** Counts the calls that were sent and have not ended. Safe for use by many threads. */
final class OpenCalls {
  private final int max;
  private final AtomicInteger open = new AtomicInteger();

  OpenCalls(int max) {
    this.max = max;
  }

  boolean hasRoom() {
    return open.get() < max;
  }

  /**
   * Counts one more.
   *
   * @throws RejectedExecutionException if there is no room for it
   */
  void enter() {
    if (open.incrementAndGet() > max) {
      open.decrementAndGet();
      throw new RejectedExecutionException("too many open calls");
    }
  }

  void leave() {
    open.decrementAndGet();
  }
}
