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

/** What the one port speaks, and within which bounds: HTTP/1.1 and HTTP/2, with TLS or without. */
final class Connectors {
  private static final Logger LOG = System.getLogger(Connectors.class.getName());
  private static final int MAX_REQUEST_HEADER_BYTES = 16 << 10;

  /** A silent stream keeps one from its request, and one from its first small write. */
  private static final int BUFFER_BYTES = 4 << 10;

  private static final int ACCEPT_QUEUE = 1024;

  private Connectors() {}

  /**
   * A connector that is not open yet.
   *
   * @param memory what came over HTTP/2 and was not read is counted there
   * @param tls null: clear text
   */
  static ServerConnector connector(
      Server server, GatewayConfig.Http http, BodyMemory memory, @Nullable TlsKeys tls) {
    HttpConfiguration configuration = new HttpConfiguration();
    configuration.setSendServerVersion(false);
    // Odd paths are the gateway's to refuse: it matches the raw path to the letter.
    configuration.setUriCompliance(UriCompliance.UNSAFE);
    configuration.setRequestHeaderSize(MAX_REQUEST_HEADER_BYTES);
    configuration.setUseInputDirectByteBuffers(false);
    configuration.setOutputBufferSize(BUFFER_BYTES);
    configuration.setOutputAggregationSize(BUFFER_BYTES);
    configuration.addCustomizer(Connectors::offerReset);
    configuration.addCustomizer(Connectors::rememberPeer);
    if (http.forwarded()) {
      // Behind what has to know whose connection it really is.
      configuration.addCustomizer(new ForwardedRequestCustomizer());
    }
    HttpConnectionFactory http1 = new HttpConnectionFactory(configuration);
    ServerConnector connector;
    if (tls == null) {
      // Behind a proxy no upgrade: one that passes it on would not see any more what is asked for.
      connector =
          connector(server, http1, Http2.inClearText(configuration, memory, !http.forwarded()));
    } else {
      // Nothing here depends on the host, and health checks come by address: a host that the
      // certificate does not name is no reason to refuse. Without this, Jetty adds its own.
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
    // Only now: the factory for HTTP/2 sets it to the size of a frame.
    configuration.setInputBufferSize(BUFFER_BYTES);
    connector.setHost(http.host());
    connector.setPort(http.port());
    connector.setAcceptQueueSize(ACCEPT_QUEUE);
    connector.setIdleTimeout(http.idleTimeout().toMillis());
    // Else Jetty would give a slow reader one second, once the listener is closed.
    connector.setShutdownIdleTimeout(http.idleTimeout().toMillis());
    // Those over it wait in the accept queue.
    connector.addBean(new NetworkConnectionLimit(http.maxConnections(), connector));
    return connector;
  }

  private static ServerConnector connector(Server server, ConnectionFactory... factories) {
    ByteBufferPool buffers = new RequestBuffers(server.getByteBufferPool());
    return new ServerConnector(server, null, null, buffers, -1, -1, factories);
  }

  /**
   * Closes the listener and the connections on which nothing is open. On the others, a client of
   * HTTP/2 is told by GOAWAY, one of HTTP/1.1 by {@code Connection: close}.
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

  /** Lets the relay reset a connection whose end would pass for the end of a body. */
  private static Request offerReset(Request request, HttpFields.Mutable responseHeaders) {
    EndPoint endPoint = request.getConnectionMetaData().getConnection().getEndPoint();
    Runnable reset =
        () -> {
          boolean tls = endPoint.getTransport() instanceof EndPoint;
          EndPoint socket = tls ? (EndPoint) endPoint.getTransport() : endPoint;
          if (socket.getTransport() instanceof SocketChannel channel) {
            try {
              // Closed with a linger of zero seconds, a connection is reset.
              channel.setOption(StandardSocketOptions.SO_LINGER, 0);
            } catch (IOException e) {
              LOG.log(Level.DEBUG, "cannot reset: {0}", e);
            }
          }
          if (tls) {
            // At once: TLS would say first that it is closed in order.
            socket.close();
          }
        };
    request.setAttribute(RelayServlet.RESET, reset);
    return request;
  }

  /** Lets the relay watch the connection that there is, whoever is said to be behind it. */
  private static Request rememberPeer(Request request, HttpFields.Mutable responseHeaders) {
    request.setAttribute(
        RelayServlet.PEER, request.getConnectionMetaData().getRemoteSocketAddress());
    return request;
  }
}
