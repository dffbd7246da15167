package dev.tollgate.gateway.client;

import java.time.Duration;

/**
 * How long a client is waited for.
 *
 * @param bodyTimeout how long it may take to send the whole body of its request
 * @param writeTimeout how long it may take nothing while there is something for it
 */
public record ClientOptions(Duration bodyTimeout, Duration writeTimeout) {
  /** What a slow line can do. */
  public static ClientOptions defaults() {
    return new ClientOptions(Duration.ofSeconds(60), Duration.ofSeconds(60));
  }
}
