package dev.tollgate.gateway.admin;

import dev.tollgate.gateway.flavor.GatewayError;

/** What the operator asked for cannot be done. The message is one line; nothing has changed. */
public final class AdminException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private static final int MAX_QUOTED_CHARACTERS = 100;

  /** What is wrong with it. */
  public enum Reason {
    /** It makes no sense, whatever there is. */
    INVALID,
    /** There is no such project, key or hold. */
    UNKNOWN,
    /** It does not go with what there is. */
    CONFLICT,
    /** A request came before with the same idempotency key, and was another one. */
    KEY_REUSED
  }

  private final Reason reason;

  AdminException(String message) {
    this(Reason.INVALID, message);
  }

  AdminException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  static AdminException unknownProject(String name) {
    return new AdminException(Reason.UNKNOWN, "there is no project " + quoted(name));
  }

  static AdminException unknownKey(String project, String keyId) {
    return new AdminException(
        Reason.UNKNOWN, "project " + project + " has no key " + quoted(keyId));
  }

  static AdminException unknownHold(String holdId) {
    return new AdminException(Reason.UNKNOWN, "there is no hold " + quoted(holdId));
  }

  static AdminException conflict(String message) {
    return new AdminException(Reason.CONFLICT, message);
  }

  /** What is wrong with it. */
  public Reason reason() {
    return reason;
  }

  /** The answer of the admin API. */
  GatewayError error() {
    String message = String.valueOf(getMessage());
    return switch (reason) {
      case INVALID -> GatewayError.malformed(message);
      case UNKNOWN -> GatewayError.notFound(message);
      case CONFLICT -> GatewayError.conflict(message);
      case KEY_REUSED -> GatewayError.duplicateRequest(message);
    };
  }

  /** What was typed in goes back as one short line. */
  static String quoted(String text) {
    String line = text.replaceAll("\\p{Cntrl}", "?");
    return "'"
        + (line.length() > MAX_QUOTED_CHARACTERS
            ? line.substring(0, MAX_QUOTED_CHARACTERS) + "..."
            : line)
        + "'";
  }
}
