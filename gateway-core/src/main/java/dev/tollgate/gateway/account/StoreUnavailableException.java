package dev.tollgate.gateway.account;

/**
 * Thrown if the store does not answer, or has not answered for too long. Calls are refused until it
 * answers again.
 */
public final class StoreUnavailableException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message what could not be done
   */
  public StoreUnavailableException(String message) {
    super(message);
  }

  /**
   * @param message what could not be done
   * @param cause the reason
   */
  public StoreUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
