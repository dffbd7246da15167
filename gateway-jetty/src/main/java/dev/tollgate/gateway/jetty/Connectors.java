package dev.tollgate.gateway.jetty;

import dev.tollgate.gateway.config.GatewayConfig;
import dev.tollgate.gateway.http.BodyMemory;
import dev.tollgate.gateway.relay.RelayServlet;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;
import org.eclipse.jetty.alpn.server.ALPNServerConnectionFactory;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.io.ByteBufferPool;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.ssl.SslConnection;
import org.eclipse.jetty.server.ConnectionFactory;
import org.eclipse.jetty.server.ForwardedRequestCustomizer;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.server.internal.HttpConnection;
import org.eclipse.jetty.util.component.Graceful;
import org.jspecify.annotations.Nullable;

/** Factory of connectors for HTTP/1.1 and HTTP/2 on one port, with TLS or in clear text. */
final class Connectors {
  private static final Logger LOG = System.getLogger(Connectors.class.getName());
  private static final int MAX_REQUEST_HEADER_BYTES = 16 << 10;

  /**
   * Kept small: a silent stream holds one buffer from its request and one from its first small
   * write.
   */
  private static final int BUFFER_BYTES = 4 << 10;

  private static final int ACCEPT_QUEUE = 1024;

  private Connectors() {}

  /**
   * Creates a connector that is not open yet.
   *
   * @param memory counts the bytes that arrived over HTTP/2 and were not read
   * @param tls null: clear text
   */
  static ServerConnector connector(
      Server server, GatewayConfig.Http http, BodyMemory memory, @Nullable TlsKeys tls) {
    HttpConfiguration configuration = new HttpConfiguration();
    configuration.setSendServerVersion(false);
    // The gateway itself refuses unusual paths: it matches the raw path exactly.
    configuration.setUriCompliance(UriCompliance.UNSAFE);
    configuration.setRequestHeaderSize(MAX_REQUEST_HEADER_BYTES);
    configuration.setUseInputDirectByteBuffers(false);
    configuration.setOutputBufferSize(BUFFER_BYTES);
    configuration.setOutputAggregationSize(BUFFER_BYTES);
    configuration.addCustomizer(Connectors::offerReset);
    configuration.addCustomizer(Connectors::rememberPeer);
    if (http.forwarded()) {
      // After rememberPeer(), which needs the real peer of the connection.
      configuration.addCustomizer(new ForwardedRequestCustomizer());
    }
    HttpConnectionFactory http1 = new HttpConnectionFactory(configuration);
    ServerConnector connector;
    if (tls == null) {
      // No upgrade to HTTP/2 behind a proxy: a proxy that passes on the upgrade could not see the
      // requests any more.
      connector =
          connector(server, http1, Http2.inClearText(configuration, memory, !http.forwarded()));
    } else {
      // No check of the host name: nothing here depends on it, and health checks use the address.
      // Without this customizer, Jetty adds its own, which does check.
      configuration.addCustomizer(new SecureRequestCustomizer(false));
      ALPNServerConnectionFactory alpn = new ALPNServerConnectionFactory("h2", "http/1.1");
      alpn.setDefaultProtocol(http1.getProtocol());
      connector =
          connector(
              server,
              new SslConnectionFactory(tls.contextFactory(), alpn.getProtocol()),
              alpn,
              Http2.overTls(configuration, memory),
              http1);
    }
    // After the HTTP/2 factory, which sets the size to that of a frame.
    configuration.setInputBufferSize(BUFFER_BYTES);
    connector.setHost(http.host());
    connector.setPort(http.port());
    connector.setAcceptQueueSize(ACCEPT_QUEUE);
    connector.setIdleTimeout(http.idleTimeout().toMillis());
    // Otherwise Jetty gives a slow reader 1 s once the listener is closed.
    connector.setShutdownIdleTimeout(http.idleTimeout().toMillis());
    // Connections above the limit wait in the accept queue.
    connector.addBean(new NetworkConnectionLimit(http.maxConnections(), connector));
    return connector;
  }

  private static ServerConnector connector(Server server, ConnectionFactory... factories) {
    ByteBufferPool buffers = new RequestBuffers(server.getByteBufferPool());
    return new ServerConnector(server, null, null, buffers, -1, -1, factories);
  }

  /**
   * Closes the listener and the connections without an open request. On the other connections,
   * Jetty sends GOAWAY for HTTP/2 and {@code Connection: close} for HTTP/1.1.
   */
  static void letNobodyIn(ServerConnector connector) {
    var unused = Graceful.shutdown(connector);
    for (EndPoint endPoint : connector.getConnectedEndPoints()) {
      Connection outer = endPoint.getConnection();
      Connection connection =
          outer instanceof SslConnection tls ? tls.getSslEndPoint().getConnection() : outer;
      if (connection instanceof HttpConnection http && http.getHttpChannel().getRequest() == null) {
        outer.close();
      }
    }
  }

  /** Lets the relay reset a connection whose orderly close would look like the end of a body. */
  private static Request offerReset(Request request, HttpFields.Mutable responseHeaders) {
    EndPoint endPoint = request.getConnectionMetaData().getConnection().getEndPoint();
    Runnable reset =
        () -> {
          boolean tls = endPoint.getTransport() instanceof EndPoint;
          EndPoint socket = tls ? (EndPoint) endPoint.getTransport() : endPoint;
          if (socket.getTransport() instanceof SocketChannel channel) {
            try {
              // With a linger of 0 s, the close is a reset.
              channel.setOption(StandardSocketOptions.SO_LINGER, 0);
            } catch (IOException e) {
              LOG.log(Level.DEBUG, "cannot reset: {0}", e);
            }
          }
          if (tls) {
            // At once: otherwise TLS would first send an orderly close.
            socket.close();
          }
        };
    request.setAttribute(RelayServlet.RESET, reset);
    return request;
  }

  /** Gives the relay the peer of the real connection, whatever a proxy's header says. */
  private static Request rememberPeer(Request request, HttpFields.Mutable responseHeaders) {
    request.setAttribute(
        RelayServlet.PEER, request.getConnectionMetaData().getRemoteSocketAddress());
    return request;
  }
}
