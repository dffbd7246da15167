package dev.tollgate.gateway.config;

/** The configuration cannot be used. The message is one line that names the setting. */
public final class ConfigException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message what is wrong, and what is allowed
   */
  public ConfigException(String message) {
    super(message);
  }

  /**
   * @param message what is wrong, and what is allowed
   */
  public ConfigException(String message, Throwable cause) {
    super(message, cause);
  }
}
