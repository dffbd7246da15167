package dev.tollgate.gateway.jdbc;

/** The database cannot be used as configured. The message is one line for the operator. */
public final class DatabaseException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  DatabaseException(String message) {
    super(message);
  }

  DatabaseException(String message, Throwable cause) {
    super(message, cause);
  }
}
