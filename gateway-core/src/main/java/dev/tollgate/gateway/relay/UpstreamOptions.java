package dev.tollgate.gateway.relay;

import java.time.Duration;

/**
 * How the upstream is called.
 *
 * @param connectTimeout how long a connection may take to be made, TLS included
 * @param headersTimeout how long the upstream may take from the request to its response headers
 * @param idleTimeout how long the upstream may be silent within a response
 * @param maxConnections how many connections there are at most; as many calls may wait for one
 * @param redactAccountErrors whether the upstream's 401 and 402, which speak of the operator's
 *     account, are replaced by a plain refusal
 */
public record UpstreamOptions(
    Duration connectTimeout,
    Duration headersTimeout,
    Duration idleTimeout,
    int maxConnections,
    boolean redactAccountErrors) {
  /** What suits an LLM upstream: answers may take minutes to begin. */
  public static UpstreamOptions defaults() {
    return new UpstreamOptions(
        Duration.ofSeconds(10), Duration.ofMinutes(5), Duration.ofMinutes(5), 4096, false);
  }
}
