package dev.tollgate.gateway.upstream;

import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.concurrent.Executor;
import javax.net.ssl.SSLEngine;
import org.eclipse.jetty.io.ByteBufferPool;
import org.eclipse.jetty.io.ClientConnectionFactory;
import org.eclipse.jetty.io.ClientConnector;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.ManagedSelector;
import org.eclipse.jetty.io.ssl.SslClientConnectionFactory;
import org.eclipse.jetty.io.ssl.SslConnection;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.jspecify.annotations.Nullable;

/**
 * Connector to the upstream that accepts only an orderly close as the end of a connection that is
 * answering a request: the close may be the only end of the body. An idle connection may end in any
 * way; Jetty then removes it from its pool.
 */
final class UpstreamConnector extends ClientConnector {
  @Override
  protected EndPoint newEndPoint(
      SelectableChannel channel, ManagedSelector selector, SelectionKey key) {
    return new FairEndPoint((SocketChannel) channel, selector, key, getScheduler());
  }

  @Override
  public ClientConnectionFactory newSslClientConnectionFactory(
      SslContextFactory.@Nullable Client context, ClientConnectionFactory inner) {
    SslContextFactory.Client used = context == null ? getSslContextFactory() : context;
    return new SslClientConnectionFactory(used, getByteBufferPool(), getExecutor(), inner) {
      @Override
      protected SslConnection newSslConnection(EndPoint endPoint, SSLEngine engine) {
        return new StrictSslConnection(getByteBufferPool(), getExecutor(), used, endPoint, engine);
      }
    };
  }

  /** Whether all requests sent on a connection have been answered. */
  static boolean isIdle(@Nullable Connection connection) {
    if (connection instanceof SslConnection tls) {
      return isIdle(tls.getSslEndPoint().getConnection());
    }
    return connection != null && connection.getMessagesIn() >= connection.getMessagesOut();
  }

  /**
   * TLS connection that requires close_notify during a response. Without it, an attacker on the
   * path may have truncated the body (RFC 8446 6.1).
   */
  private static final class StrictSslConnection extends SslConnection {
    StrictSslConnection(
        ByteBufferPool buffers,
        Executor executor,
        SslContextFactory context,
        EndPoint endPoint,
        SSLEngine engine) {
      super(buffers, executor, context, endPoint, engine);
    }

    @Override
    public boolean isRequireCloseMessage() {
      return !isIdle(this);
    }
  }
}
