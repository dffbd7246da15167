package dev.tollgate.gateway.relay;

import java.time.Duration;

/**
 * When a call is late: with what it is waiting for, and as a whole. Set by the mailbox of the
 * {@link Call}; read by the threads that watch deadlines and clients, which may see a wait that has
 * just ended.
 */
final class Deadline {
  private final long totalNanos;
  // The limit is written first, and read last.
  private volatile Limit limit = Limit.NONE;
  private volatile long sinceNanos;
  private volatile boolean totalLimited;
  private volatile long startNanos;

  /**
   * @param total for the whole, from {@link #start} on
   */
  Deadline(Duration total) {
    this.totalNanos = total.toNanos();
  }

  /**
   * A wait begins. It is cheap where only the time has changed, as with each event of a stream.
   *
   * @param now as {@link System#nanoTime}, like all times here
   */
  void waitSince(long now, Limit limit) {
    if (this.limit != limit) {
      this.limit = limit;
    }
    sinceNanos = now;
  }

  /** The whole is limited from now on. */
  void start(long now) {
    startNanos = now;
    totalLimited = true;
  }

  /** The whole is not limited any more. */
  void stop() {
    totalLimited = false;
  }

  boolean isLate(long now) {
    long since = sinceNanos;
    return now - since > limit.nanos();
  }

  boolean isLateAsAWhole(long now) {
    return totalLimited && now - startNanos > totalNanos;
  }

  /** How long the client has heard nothing while its going would end the call; 0 otherwise. */
  long silentNanos(long now) {
    long since = sinceNanos;
    return limit.isSilent() ? now - since : 0;
  }
}
