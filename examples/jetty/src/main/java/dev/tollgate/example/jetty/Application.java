package dev.tollgate.example.jetty;

import dev.tollgate.gateway.Gateway;
import dev.tollgate.gateway.config.GatewayConfig;
import dev.tollgate.gateway.ledger.Capture;
import dev.tollgate.gateway.ledger.Ledger;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterRegistration;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletRegistration;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

/**
 * An application that keeps its own login, customers and books, and maps the gateway's filters one
 * by one. No database is opened.
 */
final class Application {
  private final Server server = new Server();
  private final ServerConnector connector = new ServerConnector(server);
  private final List<Capture> charges = new CopyOnWriteArrayList<>();
  private final Gateway gateway;

  /**
   * @param port 0: any free one
   */
  Application(int port, GatewayConfig config, Customers customers, Ledger books) throws Exception {
    connector.setHost("127.0.0.1");
    connector.setPort(port);
    server.addConnector(connector);

    // docs: own-stores
    gateway =
        Gateway.builder()
            .config(config)
            .keyStore(customers)
            .ledger(books)
            .decorateLedger(ledger -> new AnnouncingLedger(ledger, charges::add))
            .path("/llm")
            .build();
    // end

    ServletContextHandler handler = new ServletContextHandler("/");
    handler.addServletContainerInitializer((classes, context) -> install(context, customers));
    server.setHandler(handler);
    server.start();
  }

  private void install(ServletContext context, Customers customers) {
    context.addServlet("hello", new Hello()).addMapping("/api/hello");

    // docs: one-by-one
    String paths = "/llm/api/v1/*";
    map(context, "/*", new Login(customers)); // the application's own
    map(context, paths, new AsProject(gateway)); // before the gateway's filters
    map(context, paths, gateway.accessFilter());
    map(context, paths, gateway.sizeLimitFilter());
    map(context, paths, gateway.keyAuthFilter()); // refuses disabled projects
    map(context, paths, gateway.rateLimitFilter());
    map(context, paths, gateway.balanceFilter());
    map(context, "/llm/api/v1/generation", gateway.generationFilter());
    map(context, paths, gateway.passthroughFilter());
    ServletRegistration.Dynamic relay = context.addServlet("relay", gateway.relayServlet());
    relay.setAsyncSupported(true);
    relay.addMapping(paths);
    // end
  }

  // docs: map
  private static void map(ServletContext context, String paths, Filter filter) {
    FilterRegistration.Dynamic added = context.addFilter(filter.getClass().getName(), filter);
    added.setAsyncSupported(true); // the application's own filters, too
    added.addMappingForUrlPatterns(EnumSet.of(DispatcherType.REQUEST), true, paths);
  }

  // end

  int port() {
    return connector.getLocalPort();
  }

  /** What was charged since the start. */
  List<Capture> charges() {
    return List.copyOf(charges);
  }

  void stop() throws Exception {
    server.stop();
    gateway.close();
  }
}
