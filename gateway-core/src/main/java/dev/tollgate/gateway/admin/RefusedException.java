package dev.tollgate.gateway.admin;

import dev.tollgate.gateway.flavor.GatewayError;

/** Refuses an admin API request before a use case is called. It has no stack trace. */
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
