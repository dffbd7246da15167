package dev.tollgate.gateway.http;

import java.io.IOException;

/** A request body exceeds its bound. */
public final class BodyTooLargeException extends IOException {
  private static final long serialVersionUID = 1L;

  private final long maxBytes;

  /**
   * @param maxBytes the bound
   */
  public BodyTooLargeException(long maxBytes) {
    super("request body is larger than " + maxBytes + " bytes");
    this.maxBytes = maxBytes;
  }

  /** The bound. */
  public long maxBytes() {
    return maxBytes;
  }
}
