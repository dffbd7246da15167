package dev.tollgate.example.tomcat;

import dev.tollgate.gateway.Gateway;
import dev.tollgate.gateway.config.GatewayConfig;
import java.nio.file.Path;
import org.apache.catalina.Context;
import org.apache.catalina.LifecycleException;
import org.apache.catalina.startup.Tomcat;

/** One application with two gateways: two upstreams, two databases, two sets of projects. */
final class TwoGateways implements AutoCloseable {
  private final Tomcat tomcat = new Tomcat();
  private final Gateway one;
  private final Gateway two;

  TwoGateways(int port, Path directory, GatewayConfig first, GatewayConfig second)
      throws LifecycleException {
    tomcat.setBaseDir(directory.toString());
    tomcat.setHostname("127.0.0.1");
    tomcat.setPort(port);
    Context context = tomcat.addContext("", null);

    // docs: two
    one = Gateway.builder().config(first).path("/one").build();
    two = Gateway.builder().config(second).path("/two").build();
    context.addServletContainerInitializer(
        (classes, servletContext) -> {
          servletContext.addServlet("hello", new Hello()).addMapping("/api/hello");
          one.install(servletContext); // serves /one/api/v1/*
          two.install(servletContext); // serves /two/api/v1/*
        },
        null);
    // end

    tomcat.start();
  }

  int port() {
    return tomcat.getConnector().getLocalPort();
  }

  Gateway one() {
    return one;
  }

  Gateway two() {
    return two;
  }

  @Override
  public void close() throws LifecycleException {
    tomcat.stop();
    tomcat.destroy();
    two.close();
    one.close();
  }
}
