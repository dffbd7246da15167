package dev.tollgate.gateway.jetty;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.IdentityHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.http.HttpParser;
import org.eclipse.jetty.http2.HTTP2Connection;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.ssl.SslConnection;
import org.eclipse.jetty.server.NegotiatingServerConnection;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.internal.HttpConnection;
import org.jspecify.annotations.Nullable;

/**
 * Watch that closes connections which have no open request and take too long over the next one.
 * Jetty's idle timeout is not enough: one byte now and then keeps a connection open forever. A
 * connection with an open request is never closed here.
 *
 * <p>A separate thread looks at all connections periodically, while other threads change them. So a
 * connection is closed only if two looks in a row found it in the same state.
 */
final class ConnectionWatch implements AutoCloseable {
  private static final Logger LOG = System.getLogger(ConnectionWatch.class.getName());
  private static final long MAX_INTERVAL_MILLIS = 1000;
  private static final long MIN_INTERVAL_MILLIS = 20;

  /** How long a connection may wait for its next request when the server is full. */
  private static final long MAX_QUIET_WHEN_FULL_NANOS = TimeUnit.SECONDS.toNanos(2);

  private final ServerConnector connector;
  private final int maxConnections;
  private final long headersNanos;
  private final long quietNanos;
  private final long intervalMillis;
  private final ScheduledExecutorService watcher;
  // Owned by the watcher: connections without an open request at the last look.
  private IdentityHashMap<EndPoint, Quiet> quiet = new IdentityHashMap<>();

  /**
   * State of a connection without an open request.
   *
   * @param sinceNanos when the state was first seen
   * @param requests number of earlier requests on the connection
   * @param headNanos when the first byte of the next request arrived; 0: not yet
   */
  private record Quiet(long sinceNanos, long requests, long headNanos) {
    boolean isSameRequest(Quiet before) {
      return before.requests == requests && before.headNanos == headNanos;
    }
  }

  /**
   * @param maxConnections at this many connections, those that wait for a request are closed sooner
   * @param headersTimeout how long a TLS handshake, or the head of a request, may take in total
   * @param idleTimeout how long a connection may be silent
   * @param watcher shut down by {@link #close}
   */
  ConnectionWatch(
      ServerConnector connector,
      int maxConnections,
      Duration headersTimeout,
      Duration idleTimeout,
      ScheduledExecutorService watcher) {
    this.watcher = watcher;
    this.connector = connector;
    this.maxConnections = maxConnections;
    this.headersNanos = headersTimeout.toNanos();
    this.quietNanos = idleTimeout.plus(headersTimeout).toNanos();
    this.intervalMillis =
        Math.max(MIN_INTERVAL_MILLIS, Math.min(MAX_INTERVAL_MILLIS, headersTimeout.toMillis() / 4));
  }

  void start() {
    var unused =
        watcher.scheduleWithFixedDelay(
            this::look, intervalMillis, intervalMillis, TimeUnit.MILLISECONDS);
  }

  private void look() {
    try {
      IdentityHashMap<EndPoint, Quiet> seen = new IdentityHashMap<>();
      boolean full = connector.getConnectedEndPoints().size() >= maxConnections;
      for (EndPoint endPoint : connector.getConnectedEndPoints()) {
        look(endPoint, seen, full);
      }
      quiet = seen;
    } catch (RuntimeException e) {
      // A task that throws is not scheduled again.
      LOG.log(Level.WARNING, "cannot check the connections", e);
    }
  }

  private void look(EndPoint endPoint, IdentityHashMap<EndPoint, Quiet> seen, boolean full) {
    Connection outer = endPoint.getConnection();
    Connection connection =
        outer instanceof SslConnection tls ? tls.getSslEndPoint().getConnection() : outer;
    long now = System.nanoTime();
    Quiet found = quiet(connection, now);
    if (found == null) {
      return;
    }
    Quiet before = quiet.get(endPoint);
    if (before == null || !found.isSameRequest(before)) {
      seen.put(endPoint, found);
      return;
    }
    seen.put(endPoint, before);
    long quietFor = now - before.sinceNanos();
    boolean late =
        before.headNanos() != 0
            ? now - before.headNanos() > headersNanos
            : connection instanceof NegotiatingServerConnection && quietFor > headersNanos;
    // Not for HTTP/2: its clients may send pings for as long as they like.
    boolean trickles = connection instanceof HttpConnection && quietFor > quietNanos;
    if (late || trickles || (full && quietFor > MAX_QUIET_WHEN_FULL_NANOS)) {
      LOG.log(
          Level.DEBUG,
          "{0}: no request in time, {1}",
          endPoint.getRemoteSocketAddress(),
          late ? "begun" : trickles ? "not begun" : "and others want in");
      endPoint.close();
    }
  }

  /**
   * @return the state; null if a request is open
   */
  private static @Nullable Quiet quiet(@Nullable Connection connection, long now) {
    if (connection instanceof HttpConnection http) {
      if (http.getHttpChannel().getRequest() != null) {
        return null;
      }
      HttpParser parser = http.getParser();
      boolean begun = parser.inHeaderState() && !parser.isStart();
      return new Quiet(now, http.getMessagesIn(), begun ? parser.getBeginNanoTime() : 0);
    }
    if (connection instanceof HTTP2Connection http2) {
      return http2.getSession().getStreams().isEmpty() ? new Quiet(now, 0, 0) : null;
    }
    return connection instanceof NegotiatingServerConnection ? new Quiet(now, 0, 0) : null;
  }

  @Override
  public void close() {
    watcher.shutdownNow();
  }
}
