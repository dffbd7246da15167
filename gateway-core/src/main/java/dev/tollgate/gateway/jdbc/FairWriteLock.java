package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.account.StoreUnavailableException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Queue of this process's writers to a database that takes one writer at a time. SQLite itself
 * polls with longer and longer pauses (sqlite3_busy_timeout), and among many writers the unlucky
 * one waits for seconds. Other processes do not queue here. Safe for use by many threads.
 */
final class FairWriteLock {
  /** As long as SQLite waits for another process. */
  private static final Duration TIMEOUT = Duration.ofSeconds(3);

  private final ReentrantLock lock = new ReentrantLock(true);

  /**
   * Waits for the lock, also through an interrupt.
   *
   * @throws StoreUnavailableException if that takes too long
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

  void unlock() {
    lock.unlock();
  }
}
