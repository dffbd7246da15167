package dev.tollgate.gateway.upstream;

import java.time.Duration;

/**
 * Timeouts and limits of calls to the upstream.
 *
 * @param connectTimeout how long a TCP connection may take to open
 * @param headersTimeout how long the upstream may take from the open connection to its response
 *     headers; includes the TLS handshake of a new connection
 * @param idleTimeout how long the upstream may be silent within a response
 * @param totalTimeout how long the upstream may take from the request to the end of its response
 * @param keepAliveTimeout how long an unused connection is kept
 * @param maxConnections greatest number of connections
 * @param maxQueued how many calls may wait while all connections are in use; each waits at most
 *     {@code connectTimeout} and 1 s
 * @param redaction which callers do not see errors about the operator's account
 */
public record UpstreamOptions(
    Duration connectTimeout,
    Duration headersTimeout,
    Duration idleTimeout,
    Duration totalTimeout,
    Duration keepAliveTimeout,
    int maxConnections,
    int maxQueued,
    AccountErrors redaction) {
  /** Defaults for an LLM upstream, whose answers may take minutes to begin and longer to end. */
  public static UpstreamOptions defaults() {
    return new UpstreamOptions(
        Duration.ofSeconds(10),
        Duration.ofMinutes(5),
        Duration.ofMinutes(5),
        Duration.ofHours(1),
        Duration.ofSeconds(30),
        10_000,
        1_000,
        AccountErrors.AUTO);
  }

  /** A copy with another limit of connections. */
  public UpstreamOptions withMaxConnections(int connections) {
    return new UpstreamOptions(
        connectTimeout,
        headersTimeout,
        idleTimeout,
        totalTimeout,
        keepAliveTimeout,
        connections,
        maxQueued,
        redaction);
  }
}
