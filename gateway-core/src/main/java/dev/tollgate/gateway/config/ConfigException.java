package dev.tollgate.gateway.config;

/** An invalid configuration. The message is one line that names the setting. */
public final class ConfigException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message the fault and the allowed values
   */
  public ConfigException(String message) {
    super(message);
  }

  /**
   * @param message the fault and the allowed values
   */
  public ConfigException(String message, Throwable cause) {
    super(message, cause);
  }
}
