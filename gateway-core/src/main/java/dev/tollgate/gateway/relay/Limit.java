package dev.tollgate.gateway.relay;

import java.time.Duration;

/** Time limit of a phase's wait. */
final class Limit {
  static final Limit NONE = new Limit(Long.MAX_VALUE, false);

  private final long nanos;
  private final boolean silent;

  private Limit(long nanos, boolean silent) {
    this.nanos = nanos;
    this.silent = silent;
  }

  static Limit of(Duration duration) {
    return new Limit(duration.toNanos(), false);
  }

  /**
   * @param silent whether the client receives nothing during the wait and its disconnect would end
   *     the call; then {@link dev.tollgate.gateway.client.ClientWatch} checks whether it is still
   *     connected
   */
  static Limit of(Duration duration, boolean silent) {
    return new Limit(duration.toNanos(), silent);
  }

  long nanos() {
    return nanos;
  }

  boolean isSilent() {
    return silent;
  }
}
