package dev.tollgate.gateway.jetty;

import dev.tollgate.gateway.http.BodyMemory;
import java.util.List;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpMethod;
import org.eclipse.jetty.http.MetaData;
import org.eclipse.jetty.http2.HTTP2Cipher;
import org.eclipse.jetty.http2.HTTP2Connection;
import org.eclipse.jetty.http2.api.Session;
import org.eclipse.jetty.http2.api.Stream;
import org.eclipse.jetty.http2.api.server.ServerSessionListener;
import org.eclipse.jetty.http2.server.HTTP2CServerConnectionFactory;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.EofException;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.util.Callback;

/**
 * Factory of HTTP/2 connections, over TLS (ALPN) or in clear text, either with prior knowledge or
 * by upgrade.
 */
final class Http2 extends HTTP2CServerConnectionFactory {
  /** Streams per connection at a time; a client that wants more opens another connection. */
  private static final int MAX_STREAMS = 128;

  private final boolean upgrades;

  private Http2(
      HttpConfiguration configuration, BodyMemory memory, String protocol, boolean upgrades) {
    super(configuration, protocol);
    this.upgrades = upgrades;
    // Jetty's own limits also apply: after 128 resets, pings, settings and the like in a second it
    // closes the connection.
    setMaxConcurrentStreams(MAX_STREAMS);
    setConnectProtocolEnabled(false);
    setFlowControlStrategyFactory(() -> new CountedWindows(memory));
  }

  /**
   * @param memory counts the bytes that arrived and were not read
   */
  static Http2 overTls(HttpConfiguration configuration, BodyMemory memory) {
    return new Http2(configuration, memory, "h2", false);
  }

  /**
   * @param memory as in {@link #overTls}
   * @param upgrades whether an HTTP/1.1 request may ask for the upgrade
   */
  static Http2 inClearText(HttpConfiguration configuration, BodyMemory memory, boolean upgrades) {
    return new Http2(configuration, memory, "h2c", upgrades);
  }

  @Override
  public Connection newConnection(Connector connector, EndPoint endPoint) {
    Connection connection = super.newConnection(connector, endPoint);
    if (connection instanceof HTTP2Connection http2
        && http2.getSession().getFlowControlStrategy() instanceof CountedWindows windows) {
      connection.addEventListener(
          new Connection.Listener() {
            @Override
            public void onClosed(Connection closed) {
              windows.close();
            }
          });
    }
    return connection;
  }

  /** Whether the negotiated TLS protocol and cipher are allowed for HTTP/2 (RFC 9113 9.2). */
  @Override
  public boolean isAcceptable(String protocol, String tlsProtocol, String tlsCipher) {
    return !HTTP2Cipher.isBlackListProtocol(tlsProtocol)
        || !HTTP2Cipher.isBlackListCipher(tlsCipher);
  }

  @Override
  @SuppressWarnings("NullAway") // In Jetty, null means: stay with HTTP/1.1.
  public Connection upgradeConnection(
      Connector connector,
      EndPoint endPoint,
      MetaData.Request request,
      HttpFields.Mutable response101) {
    // Jetty checks only the length of the body: it would read a chunked body as frames.
    boolean allowed = upgrades && !request.getHttpFields().contains(HttpHeader.TRANSFER_ENCODING);
    return allowed || HttpMethod.PRI.is(request.getMethod())
        ? super.upgradeConnection(connector, endPoint, request, response101)
        : null;
  }

  @Override
  protected ServerSessionListener newSessionListener(Connector connector, EndPoint endPoint) {
    return new HTTPServerSessionListener(endPoint) {
      @Override
      public void onFailure(Session session, Throwable failure, Callback callback) {
        super.onFailure(session, failure, callback);
        // When a client sends GOAWAY and then disconnects, Jetty keeps its streams until the next
        // write to them. That may be late, because an upstream may be silent for long.
        for (Stream left : List.copyOf(session.getStreams())) {
          onStreamFailure(left, new EofException(failure), Callback.NOOP);
        }
      }
    };
  }
}
