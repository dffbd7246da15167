package dev.tollgate.gateway.jetty;

import dev.tollgate.gateway.config.GatewayConfig;
import dev.tollgate.gateway.relay.RelayServlet;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.http2.server.AbstractHTTP2ServerConnectionFactory;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

/** What the one port speaks, and within which bounds: HTTP/1.1 and HTTP/2. */
final class Connectors {
  private static final Logger LOG = System.getLogger(Connectors.class.getName());
  private static final int MAX_REQUEST_HEADER_BYTES = 16 << 10;
  private static final int ACCEPT_QUEUE = 1024;

  /** Of one connection, at a time; a client that wants more opens another connection. */
  private static final int MAX_STREAMS = 128;

  private Connectors() {}

  /** A connector that is not open yet. */
  static ServerConnector connector(Server server, GatewayConfig.Http http) {
    HttpConfiguration configuration = new HttpConfiguration();
    configuration.setSendServerVersion(false);
    // Odd paths are the gateway's to refuse: it matches the raw path to the letter.
    configuration.setUriCompliance(UriCompliance.UNSAFE);
    configuration.setRequestHeaderSize(MAX_REQUEST_HEADER_BYTES);
    configuration.addCustomizer(Connectors::offerReset);
    ServerConnector connector =
        new ServerConnector(
            server,
            new HttpConnectionFactory(configuration),
            bounded(new ClearTextHttp2(configuration)));
    connector.setHost(http.host());
    connector.setPort(http.port());
    connector.setAcceptQueueSize(ACCEPT_QUEUE);
    connector.setIdleTimeout(http.idleTimeout().toMillis());
    return connector;
  }

  /** Beside these, Jetty takes 128 resets, pings, settings and the like a second, then hangs up. */
  private static AbstractHTTP2ServerConnectionFactory bounded(
      AbstractHTTP2ServerConnectionFactory http2) {
    http2.setMaxConcurrentStreams(MAX_STREAMS);
    http2.setConnectProtocolEnabled(false);
    return http2;
  }

  /** Lets the relay reset a connection whose end would pass for the end of a body. */
  private static Request offerReset(Request request, HttpFields.Mutable responseHeaders) {
    EndPoint endPoint = request.getConnectionMetaData().getConnection().getEndPoint();
    Runnable reset =
        () -> {
          if (endPoint.getTransport() instanceof SocketChannel channel) {
            try {
              // Closed with a linger of zero seconds, a connection is reset.
              channel.setOption(StandardSocketOptions.SO_LINGER, 0);
            } catch (IOException e) {
              LOG.log(Level.DEBUG, "cannot reset: {0}", e);
            }
          }
        };
    request.setAttribute(RelayServlet.RESET, reset);
    return request;
  }
}
