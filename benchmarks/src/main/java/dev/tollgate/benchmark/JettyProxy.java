package dev.tollgate.benchmark;

import org.eclipse.jetty.ee10.proxy.AsyncProxyServlet;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

/** Jetty's transparent proxy, as its documentation has it; prints its port. */
final class JettyProxy {
  private JettyProxy() {}

  /** Serves in front of the upstream that the first argument names, until it is killed. */
  public static void main(String[] args) throws Exception {
    Server server = new Server();
    ServerConnector connector = new ServerConnector(server);
    connector.setHost("127.0.0.1");
    connector.setAcceptQueueSize(4096);
    server.addConnector(connector);
    ServletContextHandler context = new ServletContextHandler("/");
    ServletHolder proxy = new ServletHolder(AsyncProxyServlet.Transparent.class);
    proxy.setInitParameter("proxyTo", args[0]);
    proxy.setInitParameter("maxConnections", "4096");
    proxy.setInitParameter("timeout", "120000");
    proxy.setAsyncSupported(true);
    context.addServlet(proxy, "/*");
    server.setHandler(context);
    server.start();
    System.out.println(connector.getLocalPort());
    server.join();
  }
}
