package dev.tollgate.gateway.cli;

/** A command cannot be carried out. The message is one line for whoever typed it. */
final class CliException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  CliException(String message) {
    super(message);
  }

  CliException(String message, Throwable cause) {
    super(message, cause);
  }
}
