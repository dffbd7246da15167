package dev.tollgate.gateway.exchange;

import java.util.Locale;

/** How an exchange ended. */
public enum Outcome {
  /** The client got all there was to get. */
  COMPLETE,
  /** The gateway answered by itself, with an error. */
  REFUSED,
  /** The client went away before the end. */
  CLIENT_GONE,
  /** The upstream broke off an answer that had begun; so did we. */
  UPSTREAM_FAILED,
  /** The gateway itself failed or was shut down. */
  ABORTED;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
