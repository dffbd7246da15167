package dev.tollgate.gateway.admin;

import dev.tollgate.gateway.flavor.GatewayError;

/** A request of the admin API is refused before a use case is called. Has no stack trace. */
final class RefusedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient GatewayError error;

  RefusedException(GatewayError error) {
    super(error.text(), null, false, false);
    this.error = error;
  }

  GatewayError error() {
    return error;
  }
}
