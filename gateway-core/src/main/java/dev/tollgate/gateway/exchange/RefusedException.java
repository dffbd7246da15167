package dev.tollgate.gateway.exchange;

import dev.tollgate.gateway.flavor.GatewayError;
import dev.tollgate.gateway.flavor.GatewayError.Kind;

/** Refuses a request that the gateway answers by itself. It has no stack trace. */
public final class RefusedException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private static final int MAX_QUOTED_CHARACTERS = 100;

  private final transient GatewayError error;

  /** Creates the refusal with this error. */
  public RefusedException(GatewayError error) {
    super(error.text(), null, false, false);
    this.error = error;
  }

  /** There is nothing at the path of the request. */
  public static RefusedException notFound() {
    return new RefusedException(GatewayError.of(Kind.NOT_FOUND));
  }

  /**
   * A part of the request is wrong.
   *
   * @param what what is wrong, the value, and what is allowed
   */
  public static RefusedException malformed(String what) {
    return new RefusedException(GatewayError.malformed(what));
  }

  /** Quotes a caller's text as one short line without control characters. */
  public static String quoted(String text) {
    String line = text.replaceAll("\\p{Cntrl}", "?");
    return "'"
        + (line.length() > MAX_QUOTED_CHARACTERS
            ? line.substring(0, MAX_QUOTED_CHARACTERS) + "..."
            : line)
        + "'";
  }

  /** The error that the request is answered with. */
  public GatewayError error() {
    return error;
  }
}
