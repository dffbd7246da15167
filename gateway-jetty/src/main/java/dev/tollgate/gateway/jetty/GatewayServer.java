package dev.tollgate.gateway.jetty;

import dev.tollgate.gateway.Gateway;
import dev.tollgate.gateway.config.ConfigException;
import dev.tollgate.gateway.config.GatewayConfig;
import jakarta.servlet.ServletContext;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.URI;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.handler.ContextHandlerCollection;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.jspecify.annotations.Nullable;

/** Gateway with its own HTTP server. Safe for use by many threads. */
public final class GatewayServer implements AutoCloseable {
  private static final Logger LOG = System.getLogger(GatewayServer.class.getName());
  private static final int MIN_MAX_THREADS = 64;
  private static final int THREADS_PER_PROCESSOR = 8;

  private final Gateway gateway;
  private final Server server;
  private final ServerConnector connector;
  private final @Nullable ServerConnector adminConnector;
  private final @Nullable TlsKeys tls;
  private final List<ConnectionWatch> watches = new ArrayList<>();
  // Kept here: a closed connector no longer knows its port.
  private volatile int port;
  private volatile int adminPort;

  private GatewayServer(
      Gateway gateway,
      Server server,
      ServerConnector connector,
      @Nullable ServerConnector adminConnector,
      @Nullable TlsKeys tls) {
    this.gateway = gateway;
    this.server = server;
    this.connector = connector;
    this.adminConnector = adminConnector;
    this.tls = tls;
  }

  /** Starts a server with a single port for everything. */
  public static GatewayServer start(Gateway gateway, GatewayConfig.Http http) throws IOException {
    return start(gateway, http, null);
  }

  /**
   * Size of the thread pool. A relayed request keeps no thread while it waits. Three kinds of
   * requests may block: the operator's, the first ones of a key, which read the store, and, up to a
   * limit, those that the gateway answers itself.
   */
  private static int maxThreads() {
    return Math.max(
        MIN_MAX_THREADS, THREADS_PER_PROCESSOR * Runtime.getRuntime().availableProcessors());
  }

  /**
   * Starts a server.
   *
   * @param gateway closed with the server, or if the server cannot be started
   * @param adminPort separate port of the admin API, on the same host; 0: any free port; null: the
   *     gateway's configuration names none, and the admin API shares the main port
   * @throws ConfigException if the key store cannot be used
   * @throws IOException if the port is not available; the message is one line for the operator
   */
  public static GatewayServer start(
      Gateway gateway, GatewayConfig.Http http, @Nullable Integer adminPort) throws IOException {
    TlsKeys tls;
    try {
      tls = http.tls() == null ? null : new TlsKeys(http.tls());
    } catch (ConfigException e) {
      gateway.close();
      throw e;
    }
    QueuedThreadPool threads = new QueuedThreadPool(maxThreads());
    threads.setName("tollgate-http");
    Server server = new Server(threads);
    ServerConnector connector = Connectors.connector(server, http, gateway.bodyMemory(), tls);
    server.addConnector(connector);
    RefusalErrorHandler errors = new RefusalErrorHandler(gateway.accessLog());
    server.setErrorHandler(errors);
    ServletContextHandler context =
        context(
            errors,
            servlets -> {
              gateway.install(servlets);
              gateway.installNotFound(servlets);
            });
    ServerConnector adminConnector = null;
    if (adminPort == null) {
      server.setHandler(context);
    } else {
      adminConnector = Connectors.connector(server, at(http, adminPort), gateway.bodyMemory(), tls);
      server.addConnector(adminConnector);
      server.setHandler(
          new ContextHandlerCollection(
              only(connector, "public", context),
              only(adminConnector, "admin", adminContext(errors, gateway))));
    }
    GatewayServer made = new GatewayServer(gateway, server, connector, adminConnector, tls);
    try {
      connector.open();
      if (adminConnector != null) {
        adminConnector.open();
      }
      server.start();
      made.port = connector.getLocalPort();
      made.adminPort = adminConnector == null ? 0 : adminConnector.getLocalPort();
      if (tls != null) {
        tls.watch(gateway.scheduler("tollgate-tls"));
      }
      made.watch(connector, http);
      if (adminConnector != null) {
        made.watch(adminConnector, http);
      }
      made.sayWhere();
      return made;
    } catch (IOException e) {
      int wanted = adminPort != null && connector.isOpen() ? adminPort : http.port();
      made.close();
      Throwable cause = e.getCause() == null ? e : e.getCause();
      String reason =
          cause instanceof UnresolvedAddressException ? "unknown host" : cause.getMessage();
      throw new IOException("cannot listen on " + http.host() + ":" + wanted + ": " + reason, e);
    } catch (Exception e) {
      made.close();
      throw new IllegalStateException("cannot start the server", e);
    }
  }

  private void sayWhere() {
    LOG.log(
        Level.INFO, "listening on {0} ({1}HTTP/1.1 and HTTP/2)", uri(), tls == null ? "" : "TLS, ");
    adminUri()
        .ifPresent(uri -> LOG.log(Level.INFO, "listening on {0} for /admin and /metrics", uri));
    if (gateway.adminServlet().isPresent()) {
      LOG.log(Level.INFO, "the admin API is at {0}/admin/v1", adminUri().orElse(uri()));
    }
  }

  private void watch(ServerConnector watched, GatewayConfig.Http http) {
    ConnectionWatch watch =
        new ConnectionWatch(
            watched,
            http.maxConnections(),
            http.headersTimeout(),
            http.idleTimeout(),
            gateway.scheduler("tollgate-connections"));
    watches.add(watch);
    watch.start();
  }

  private static ServletContextHandler context(
      RefusalErrorHandler errors, Consumer<ServletContext> installer) {
    ServletContextHandler context = new ServletContextHandler("/");
    context.setErrorHandler(errors);
    context.getServletHandler().setDecodeAmbiguousURIs(true);
    context.addServletContainerInitializer((classes, servlets) -> installer.accept(servlets));
    return context;
  }

  private static ServletContextHandler adminContext(RefusalErrorHandler errors, Gateway gateway) {
    ServletContextHandler context = context(errors, gateway::installAdmin);
    context.addServlet(new ServletHolder(new NotFoundServlet()), "/");
    return context;
  }

  private static GatewayConfig.Http at(GatewayConfig.Http http, int port) {
    return new GatewayConfig.Http(
        http.host(),
        port,
        http.idleTimeout(),
        http.headersTimeout(),
        http.maxConnections(),
        http.tls(),
        http.forwarded());
  }

  /** Restricts a context to the requests of one connector. */
  private static ServletContextHandler only(
      ServerConnector connector, String name, ServletContextHandler context) {
    connector.setName(name);
    context.setVirtualHosts(List.of("@" + name));
    return context;
  }

  /**
   * Answers 404 on the admin port. It replaces Jetty's default servlet, which would answer TRACE
   * with the request's credentials.
   */
  private static final class NotFoundServlet extends HttpServlet {
    private static final long serialVersionUID = 1L;

    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response)
        throws IOException {
      response.sendError(HttpServletResponse.SC_NOT_FOUND);
    }
  }

  /**
   * The address of the server, without a trailing slash; still valid after the server is closed.
   */
  public URI uri() {
    return uri(port);
  }

  /** The address of the separate admin API; empty if it shares the main port. */
  public Optional<URI> adminUri() {
    return adminConnector == null ? Optional.empty() : Optional.of(uri(adminPort));
  }

  private URI uri(int port) {
    String host = connector.getHost();
    String shown = host.contains(":") ? "[" + host + "]" : host;
    return URI.create((tls == null ? "http://" : "https://") + shown + ":" + port);
  }

  /**
   * Stops the server in four steps. First, {@code /health/ready} fails, but requests are served for
   * {@code delay}. Second, the listener and idle connections are closed, HTTP/2 clients are told to
   * open no more streams, and new requests on other connections are refused. Third, open requests
   * go on until the last one ends or {@code limit} has passed. Fourth, everything is closed.
   *
   * @param delay may be zero
   * @param limit requests that are still open after this time are broken off
   */
  public void drainAndClose(Duration delay, Duration limit) {
    long begun = System.nanoTime();
    gateway.announceDrain();
    if (!delay.isZero()) {
      LOG.log(
          Level.INFO, "stopping: serving on for {0}, while /health/ready fails", seconds(delay));
    }
    try {
      Thread.sleep(delay.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    gateway.drain();
    Connectors.letNobodyIn(connector);
    if (adminConnector != null) {
      Connectors.letNobodyIn(adminConnector);
    }
    var unused = gateway.awaitIdle(limit);
    close();
    LOG.log(Level.INFO, "stopped after {0}", seconds(Duration.ofNanos(System.nanoTime() - begun)));
  }

  private static String seconds(Duration time) {
    return String.format(Locale.ROOT, "%.1f s", time.toMillis() / 1e3);
  }

  @Override
  public void close() {
    try {
      // First: a stopped server would no longer report how its exchanges ended.
      gateway.close();
    } finally {
      watches.forEach(ConnectionWatch::close);
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
