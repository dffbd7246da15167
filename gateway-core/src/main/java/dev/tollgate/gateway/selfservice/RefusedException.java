package dev.tollgate.gateway.selfservice;

import dev.tollgate.gateway.flavor.GatewayError;
import dev.tollgate.gateway.flavor.GatewayError.Kind;

/** Refuses a request that the filters have let through. It has no stack trace. */
final class RefusedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient GatewayError error;

  RefusedException(GatewayError error) {
    super(error.text(), null, false, false);
    this.error = error;
  }

  /** The route needs a database of the gateway's own, and there is none. */
  static RefusedException notFound() {
    return new RefusedException(GatewayError.of(Kind.NOT_FOUND));
  }

  /**
   * A part of the request is wrong.
   *
   * @param what what is wrong, the value, and what is allowed
   */
  static RefusedException malformed(String what) {
    return new RefusedException(GatewayError.malformed(what));
  }

  GatewayError error() {
    return error;
  }
}
