package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.account.StoreUnavailableException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Whose turn it is to write to a database that takes one writer at a time: that of whoever has
 * waited longest. SQLite itself lets whoever asks at the right moment, between longer and longer
 * pauses, and among many the unlucky one waits for seconds (sqlite3_busy_timeout). Other processes
 * do not queue here. Safe for use by many threads.
 */
final class Turns {
  /** As long as one waits for another process. */
  private static final Duration PATIENCE = Duration.ofSeconds(3);

  private final Lock lock = new ReentrantLock(true);

  /**
   * Waits for one's turn, which {@link #end} ends. An interrupt does not end the waiting.
   *
   * @throws StoreUnavailableException if it takes too long
   */
  void begin() {
    long endNanos = System.nanoTime() + PATIENCE.toNanos();
    boolean interrupted = false;
    try {
      while (true) {
        try {
          if (lock.tryLock(endNanos - System.nanoTime(), TimeUnit.NANOSECONDS)) {
            return;
          }
          throw new StoreUnavailableException(
              "the database does not answer: others wait for it, too");
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  void end() {
    lock.unlock();
  }
}
