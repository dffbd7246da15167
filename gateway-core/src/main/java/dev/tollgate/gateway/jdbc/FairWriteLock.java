package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.account.StoreUnavailableException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The queue of this process's writers to a database that allows one writer at a time. SQLite itself
 * polls with increasing pauses (sqlite3_busy_timeout), so an unlucky writer among many can wait for
 * seconds. Other processes do not queue here. Safe for use by many threads.
 */
final class FairWriteLock {
  /** The same time that SQLite waits for another process. */
  private static final Duration TIMEOUT = Duration.ofSeconds(3);

  private final ReentrantLock lock = new ReentrantLock(true);

  /**
   * Waits for the lock, even if interrupted.
   *
   * @throws StoreUnavailableException if the wait takes too long
   */
  void lock() {
    long endNanos = System.nanoTime() + TIMEOUT.toNanos();
    boolean interrupted = false;
    try {
      while (true) {
        try {
          if (lock.tryLock(endNanos - System.nanoTime(), TimeUnit.NANOSECONDS)) {
            return;
          }
          throw new StoreUnavailableException(
              "the database does not answer: too many writers are waiting for it");
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

  void unlock() {
    lock.unlock();
  }
}
