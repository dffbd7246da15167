package dev.tollgate.gateway.relay;

import java.util.Locale;

/** Events of a {@link Call}, for the log and the tests. */
enum Event {
  /** The whole request body was read. */
  BODY_READ,
  /** The request body was refused: too large, broken off, or no memory for it. */
  BODY_REFUSED,
  /** The rest of a refused body was read, or reading it was given up. */
  BODY_DISCARDED,
  /** The ledger placed the hold, refused it, or failed. */
  HOLD_ANSWERED,
  /** The request is being sent on a connection to the upstream. */
  CONNECTED,
  /** The upstream's response headers arrived. */
  ANSWERED,
  /** The upstream call failed before its response headers. */
  CALL_FAILED,
  /** The body of an upstream error was read. */
  ERROR_READ,
  /** The body of an upstream error broke off or is too long. */
  ERROR_BROKEN,
  /** The charge or the release is durable. */
  SETTLED,
  /** The client has closed its connection. */
  CLIENT_GONE,
  /** The container has ended the response. */
  COMPLETED,
  /** The phase has exceeded its time limit. */
  TIMED_OUT,
  /** The gateway or its container stops. */
  STOPPED,
  /** The source has content, the client can take more, or a phase moved on by itself. */
  SIGNAL,
  /** An unexpected exception was thrown. */
  FAULT;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
