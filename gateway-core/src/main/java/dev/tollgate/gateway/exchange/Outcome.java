package dev.tollgate.gateway.exchange;

import java.util.Locale;

/** The outcome of an exchange. */
public enum Outcome {
  /** The client got the complete response. */
  COMPLETE,
  /** The gateway itself answered with an error. */
  REFUSED,
  /** The client disconnected before the end. */
  CLIENT_GONE,
  /**
   * The upstream broke off a response that had begun, and the gateway broke it off for the client.
   */
  UPSTREAM_FAILED,
  /** The gateway failed or was shut down. */
  ABORTED;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
