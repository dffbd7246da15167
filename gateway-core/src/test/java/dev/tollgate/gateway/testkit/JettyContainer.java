package dev.tollgate.gateway.testkit;

import jakarta.servlet.ServletContext;
import java.util.function.Consumer;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

/** Jetty around a servlet context, on loopback and a free port. */
public final class JettyContainer implements AutoCloseable {
  private final Server server = new Server();
  private final ServerConnector connector = new ServerConnector(server);

  /**
   * @param idleMillis how long a connection may be silent
   */
  public JettyContainer(String contextPath, long idleMillis, Consumer<ServletContext> installer)
      throws Exception {
    connector.setHost("127.0.0.1");
    connector.setIdleTimeout(idleMillis);
    server.addConnector(connector);
    ServletContextHandler handler = new ServletContextHandler(contextPath);
    handler.addServletContainerInitializer((classes, context) -> installer.accept(context));
    server.setHandler(handler);
    try {
      server.start();
    } catch (Exception e) {
      server.stop();
      throw e;
    }
  }

  public int port() {
    return connector.getLocalPort();
  }

  @Override
  public void close() throws Exception {
    server.stop();
  }
}
