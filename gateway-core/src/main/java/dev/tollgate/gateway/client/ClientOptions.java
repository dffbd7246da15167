package dev.tollgate.gateway.client;

import java.time.Duration;

/**
 * Time limits for a client.
 *
 * @param bodyTimeout how long the client may take to send the whole request body
 * @param writeTimeout how long the client may take no bytes while there are some to send
 */
public record ClientOptions(Duration bodyTimeout, Duration writeTimeout) {
  /** Defaults that suit a slow connection. */
  public static ClientOptions defaults() {
    return new ClientOptions(Duration.ofSeconds(60), Duration.ofSeconds(60));
  }
}
