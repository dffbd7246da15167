package dev.tollgate.gateway.http;

import java.io.IOException;

/** A request body is larger than its bound. */
public final class BodyTooLargeException extends IOException {
  private static final long serialVersionUID = 1L;

  private final long maxBytes;

  /**
   * @param maxBytes the bound that was passed
   */
  public BodyTooLargeException(long maxBytes) {
    super("request body is larger than " + maxBytes + " bytes");
    this.maxBytes = maxBytes;
  }

  /** The bound that was passed. */
  public long maxBytes() {
    return maxBytes;
  }
}
