package dev.tollgate.gateway.account;

/**
 * The store does not answer, or has not been heard of for too long. Calls are refused meanwhile.
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
   * @param cause why
   */
  public StoreUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
