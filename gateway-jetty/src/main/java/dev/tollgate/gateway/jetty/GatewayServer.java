package dev.tollgate.gateway.jetty;

import dev.tollgate.gateway.Gateway;
import dev.tollgate.gateway.config.ConfigException;
import dev.tollgate.gateway.config.GatewayConfig;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.URI;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.jspecify.annotations.Nullable;

/** A gateway behind a listener of its own. Safe for use by many threads. */
public final class GatewayServer implements AutoCloseable {
  private static final Logger LOG = System.getLogger(GatewayServer.class.getName());
  private static final int MAX_THREADS = 200;

  private final Gateway gateway;
  private final Server server;
  private final ServerConnector connector;
  private final @Nullable TlsKeys tls;

  private GatewayServer(
      Gateway gateway, Server server, ServerConnector connector, @Nullable TlsKeys tls) {
    this.gateway = gateway;
    this.server = server;
    this.connector = connector;
    this.tls = tls;
  }

  /**
   * Starts to listen.
   *
   * @param gateway closed with the server, or if the server cannot be started
   * @throws ConfigException if the key store cannot be used
   * @throws IOException if the port cannot be had; the message is one line for the operator
   */
  public static GatewayServer start(Gateway gateway, GatewayConfig.Http http) throws IOException {
    TlsKeys tls;
    try {
      tls = http.tls() == null ? null : new TlsKeys(http.tls());
    } catch (ConfigException e) {
      gateway.close();
      throw e;
    }
    QueuedThreadPool threads = new QueuedThreadPool(MAX_THREADS);
    threads.setName("tollgate-http");
    Server server = new Server(threads);
    ServerConnector connector = Connectors.connector(server, http, tls);
    server.addConnector(connector);
    RefusalErrorHandler errors = new RefusalErrorHandler();
    server.setErrorHandler(errors);
    ServletContextHandler context = new ServletContextHandler("/");
    context.setErrorHandler(errors);
    context.getServletHandler().setDecodeAmbiguousURIs(true);
    context.addServlet(new ServletHolder(new NotFoundServlet()), "/");
    context.addServletContainerInitializer((classes, servlets) -> gateway.install(servlets));
    server.setHandler(context);
    GatewayServer made = new GatewayServer(gateway, server, connector, tls);
    try {
      connector.open();
      server.start();
      if (tls != null) {
        tls.watch();
      }
      return made;
    } catch (IOException e) {
      made.close();
      Throwable cause = e.getCause() == null ? e : e.getCause();
      String reason =
          cause instanceof UnresolvedAddressException ? "unknown host" : cause.getMessage();
      throw new IOException(
          "cannot listen on " + http.host() + ":" + http.port() + ": " + reason, e);
    } catch (Exception e) {
      made.close();
      throw new IllegalStateException("cannot start the server", e);
    }
  }

  /**
   * Where no gateway is; in place of Jetty's own, which would answer TRACE with the credentials.
   */
  private static final class NotFoundServlet extends HttpServlet {
    private static final long serialVersionUID = 1L;

    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response)
        throws IOException {
      response.sendError(HttpServletResponse.SC_NOT_FOUND);
    }
  }

  /** Where it listens, without a slash at the end. */
  public URI uri() {
    String host = connector.getHost();
    String shown = host.contains(":") ? "[" + host + "]" : host;
    return URI.create(
        (tls == null ? "http://" : "https://") + shown + ":" + connector.getLocalPort());
  }

  /**
   * Refuses new requests, lets the open ones end, then closes.
   *
   * @param limit after this long what is still open is broken off
   */
  public void drainAndClose(Duration limit) {
    gateway.drain();
    var unused = gateway.awaitIdle(limit);
    close();
  }

  @Override
  public void close() {
    try {
      // First: a stopped server would not say any more how its exchanges ended.
      gateway.close();
    } finally {
      if (tls != null) {
        tls.close();
      }
      try {
        server.stop();
      } catch (Exception e) {
        LOG.log(Level.WARNING, "cannot stop the server", e);
      }
    }
  }
}
