package dev.tollgate.gateway.relay;

import java.util.Locale;

/** What may happen to a {@link Call}, for the log and the tests. */
enum Event {
  /** The whole body of the request is here. */
  BODY_READ,
  /** There will be no whole body: too large, broken off, no memory for it. */
  BODY_REFUSED,
  /** The rest of a body that was refused has been read, or is not waited for. */
  BODY_DISCARDED,
  /** The ledger has placed the hold or refused it, or failed. */
  HOLD_ANSWERED,
  /** The request is on its way on a connection to the upstream. */
  CONNECTED,
  /** The upstream's response headers are here. */
  ANSWERED,
  /** There will be no response headers. */
  CALL_FAILED,
  /** The body of an upstream error is here. */
  ERROR_READ,
  /** The body of an upstream error broke off or is too long. */
  ERROR_BROKEN,
  /** The charge or the release is durable. */
  SETTLED,
  /** The client has closed its connection. */
  CLIENT_GONE,
  /** The container has ended the response. */
  COMPLETED,
  /** The phase has taken longer than it may. */
  TIMED_OUT,
  /** The gateway or its container stops. */
  STOPPED,
  /** The source has content, or the client can take some; or a phase went on by itself. */
  SIGNAL,
  /** A defect: something was thrown that nobody expected. */
  FAULT;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
