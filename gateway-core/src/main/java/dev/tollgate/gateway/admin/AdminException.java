package dev.tollgate.gateway.admin;

/** What the operator asked for cannot be done. The message is one line; nothing has changed. */
public final class AdminException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  AdminException(String message) {
    super(message);
  }
}
