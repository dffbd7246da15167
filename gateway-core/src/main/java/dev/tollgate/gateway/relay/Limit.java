package dev.tollgate.gateway.relay;

import java.time.Duration;

/** How long a phase may wait. */
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
   * @param silent whether the client hears nothing meanwhile, and its going would end the call:
   *     then {@link dev.tollgate.gateway.client.ClientWatch} looks whether it is still there
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
