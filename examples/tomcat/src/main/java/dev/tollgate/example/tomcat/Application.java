package dev.tollgate.example.tomcat;

import dev.tollgate.gateway.Gateway;
import dev.tollgate.gateway.config.GatewayConfig;
import java.nio.file.Path;
import java.time.Duration;
import org.apache.catalina.Context;
import org.apache.catalina.LifecycleException;
import org.apache.catalina.startup.Tomcat;

/** An application with a page of its own and a gateway beside it. */
final class Application implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final Tomcat tomcat = new Tomcat();
  private final RequestCounter counter = new RequestCounter();
  private final Gateway gateway;

  /**
   * @param port 0: any free one
   */
  Application(int port, Path directory, GatewayConfig config) throws LifecycleException {
    tomcat.setBaseDir(directory.toString());
    tomcat.setHostname("127.0.0.1");
    tomcat.setPort(port);
    Context context = tomcat.addContext("", null);

    // docs: install
    gateway = Gateway.builder().config(config).metrics(counter).build();
    context.addServletContainerInitializer(
        (classes, servletContext) -> {
          servletContext.addServlet("hello", new Hello()).addMapping("/api/hello");
          gateway.install(servletContext); // serves /api/v1/*
        },
        null);
    // end

    tomcat.start();
  }

  int port() {
    return tomcat.getConnector().getLocalPort();
  }

  Gateway gateway() {
    return gateway;
  }

  RequestCounter counter() {
    return counter;
  }

  // docs: close
  @Override
  public void close() throws LifecycleException {
    gateway.drain(); // refuses what is new
    gateway.awaitIdle(PATIENCE); // lets streams end
    tomcat.stop();
    tomcat.destroy();
    gateway.close(); // the last one: it writes down what ended just now
  }
  // end
}
