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
 * Ends connections on which no request is open and which take too long over the next one. Jetty's
 * idle time-out alone does not: a byte now and then keeps a connection for ever. What is open is
 * left alone, however long it takes.
 *
 * <p>It looks at all of them every now and then, from a thread of its own, at what others write; so
 * nothing is ended but what looked the same twice.
 */
final class ConnectionWatch implements AutoCloseable {
  private static final Logger LOG = System.getLogger(ConnectionWatch.class.getName());
  private static final long MAX_INTERVAL_MILLIS = 1000;
  private static final long MIN_INTERVAL_MILLIS = 20;

  /** How long a connection may wait for its next request when there is no room for another one. */
  private static final long MAX_QUIET_WHEN_FULL_NANOS = TimeUnit.SECONDS.toNanos(2);

  private final ServerConnector connector;
  private final int maxConnections;
  private final long headersNanos;
  private final long quietNanos;
  private final long intervalMillis;
  private final ScheduledExecutorService watcher;
  // Of the watcher: those on which nothing was open the last time.
  private IdentityHashMap<EndPoint, Quiet> quiet = new IdentityHashMap<>();

  /**
   * A connection without an open request.
   *
   * @param sinceNanos when that was seen first
   * @param requests how many it has had before
   * @param headNanos when the next one's first byte came; 0: it has not
   */
  private record Quiet(long sinceNanos, long requests, long headNanos) {
    boolean isSameRequest(Quiet before) {
      return before.requests == requests && before.headNanos == headNanos;
    }
  }

  /**
   * @param maxConnections when there are that many, those that wait for a request have to go
   * @param headersTimeout how long a TLS handshake, and the head of a request, may take as a whole
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
      // It would be the last look.
      LOG.log(Level.WARNING, "cannot look after the connections", e);
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
    // Whoever speaks HTTP/2 may ping for as long as it likes.
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
   * @return null if something is open
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
