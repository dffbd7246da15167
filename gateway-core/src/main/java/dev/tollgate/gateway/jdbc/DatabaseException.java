package dev.tollgate.gateway.jdbc;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import org.jspecify.annotations.Nullable;

/**
 * Thrown if the database cannot be used as configured. The message is one line for the operator.
 */
public final class DatabaseException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  DatabaseException(String message) {
    super(message);
  }

  DatabaseException(String message, Throwable cause) {
    super(message, cause);
  }

  static DatabaseException cannotOpen(String name, @Nullable String why, Exception cause) {
    return new DatabaseException("cannot open database " + name + ": " + why, cause);
  }

  /** Why a file cannot be used, in a few words. */
  static String reason(IOException e) {
    if (e instanceof NoSuchFileException) {
      return "its directory does not exist";
    }
    if (e instanceof AccessDeniedException) {
      return "permission denied";
    }
    return String.valueOf(e.getMessage());
  }
}
