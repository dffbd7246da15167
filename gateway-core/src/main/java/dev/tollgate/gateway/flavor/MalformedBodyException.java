package dev.tollgate.gateway.flavor;

/**
 * A request body that has to be edited is none that can be: not one JSON object in UTF-8 (RFC
 * 8259). It is the caller's fault and refused as {@code malformed_request}. It has no cause and
 * quotes nothing, for a parser's message could carry a part of the prompt into a log.
 */
public final class MalformedBodyException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String what;

  MalformedBodyException(String what) {
    super("malformed " + what);
    this.what = what;
  }

  /** The part of the request that is malformed, as {@link GatewayError#malformed} wants it. */
  public String what() {
    return what;
  }
}
