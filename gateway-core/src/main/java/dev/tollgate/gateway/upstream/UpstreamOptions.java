package dev.tollgate.gateway.upstream;

import java.time.Duration;

/**
 * How the upstream is called.
 *
 * @param connectTimeout how long a connection may take to be made, TLS included
 * @param headersTimeout how long the upstream may take from the request to its response headers
 * @param idleTimeout how long the upstream may be silent within a response
 * @param totalTimeout how long the upstream may take from the request to the end of its response
 * @param keepAliveTimeout how long a connection is kept that no call uses
 * @param maxConnections how many connections there are at most
 * @param maxQueued how many calls may wait for a connection while there are that many; none waits
 *     for longer than a connection may take
 * @param redaction of answers that speak of the operator's account
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
  /** What suits an LLM upstream: answers may take minutes to begin, and longer to end. */
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

  /** The same with another bound of connections. */
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
