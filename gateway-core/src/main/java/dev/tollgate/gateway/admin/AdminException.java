package dev.tollgate.gateway.admin;

import static dev.tollgate.gateway.exchange.RefusedException.quoted;

import dev.tollgate.gateway.flavor.GatewayError;
import java.util.function.Supplier;

/**
 * An operator's request that cannot be carried out. The message is one line. The request changed
 * nothing.
 */
public final class AdminException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** The class of the fault. */
  public enum Reason {
    /** The request is invalid, whatever the state of the store. */
    INVALID,
    /** The project, key or hold does not exist. */
    UNKNOWN,
    /** The request contradicts the present state. */
    CONFLICT,
    /** A different request used the same idempotency key before. */
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

  /** Runs work whose {@link IllegalArgumentException} has a message for the operator. */
  static <T> T checked(Supplier<T> work) {
    try {
      return work.get();
    } catch (IllegalArgumentException e) {
      throw new AdminException(String.valueOf(e.getMessage()));
    }
  }

  static AdminException unknownProject(String name) {
    return new AdminException(Reason.UNKNOWN, "there is no project " + quoted(name));
  }

  static AdminException unknownKey(String project, String keyId) {
    return new AdminException(
        Reason.UNKNOWN, "project " + project + " has no key " + quoted(keyId));
  }

  static AdminException unknownEntry(String project, String entryId) {
    return new AdminException(
        Reason.UNKNOWN, "project " + project + " has no ledger entry " + quoted(entryId));
  }

  static AdminException unknownHold(String holdId) {
    return new AdminException(Reason.UNKNOWN, "there is no hold " + quoted(holdId));
  }

  static AdminException conflict(String message) {
    return new AdminException(Reason.CONFLICT, message);
  }

  /** The class of the fault. */
  public Reason reason() {
    return reason;
  }

  /** The error that the admin API answers with. */
  GatewayError error() {
    String message = String.valueOf(getMessage());
    return switch (reason) {
      case INVALID -> GatewayError.malformed(message);
      case UNKNOWN -> GatewayError.notFound(message);
      case CONFLICT -> GatewayError.conflict(message);
      case KEY_REUSED -> GatewayError.duplicateRequest(message);
    };
  }
}
