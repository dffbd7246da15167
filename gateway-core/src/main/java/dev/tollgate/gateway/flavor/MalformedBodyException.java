package dev.tollgate.gateway.flavor;

/**
 * A request body that cannot be edited because it is not one JSON object in UTF-8 (RFC 8259). The
 * caller is at fault, and the gateway refuses the request as {@code malformed_request}. The
 * exception has no cause and quotes nothing: a parser's message could carry part of a prompt into a
 * log.
 */
public final class MalformedBodyException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String what;

  MalformedBodyException(String what) {
    super("malformed " + what);
    this.what = what;
  }

  /** The malformed part of the request, for {@link GatewayError#malformed}. */
  public String what() {
    return what;
  }
}
