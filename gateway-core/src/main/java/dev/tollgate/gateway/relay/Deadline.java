package dev.tollgate.gateway.relay;

import java.time.Duration;

/**
 * Time limits of a call: one for the present wait, one for the whole call. Set by the mailbox of
 * the {@link Call}. The threads that watch deadlines and clients read it, and may see a wait that
 * has just ended.
 */
final class Deadline {
  private final long totalNanos;
  // Order of access: the limit is written first and read last.
  private volatile Limit limit = Limit.NONE;
  private volatile long sinceNanos;
  private volatile boolean totalLimited;
  private volatile long startNanos;

  /**
   * @param total limit for the whole call, from {@link #start} on
   */
  Deadline(Duration total) {
    this.totalNanos = total.toNanos();
  }

  /**
   * Starts a wait. Cheap if only the time changes, as with each event of a stream.
   *
   * @param now as {@link System#nanoTime}, like all times here
   */
  void waitSince(long now, Limit limit) {
    if (this.limit != limit) {
      this.limit = limit;
    }
    sinceNanos = now;
  }

  /** Starts the limit on the whole call. */
  void start(long now) {
    startNanos = now;
    totalLimited = true;
  }

  /** Removes the limit on the whole call. */
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

  /**
   * How long the client has received nothing, in nanoseconds; 0 unless its disconnect would end the
   * call.
   */
  long silentNanos(long now) {
    long since = sinceNanos;
    return limit.isSilent() ? now - since : 0;
  }
}
