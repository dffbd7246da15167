package dev.tollgate.gateway;

import dev.tollgate.gateway.config.ConfigException;
import dev.tollgate.gateway.config.GatewayConfig;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletContextEvent;
import jakarta.servlet.ServletContextListener;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Makes a web application a gateway: named in {@code web.xml}, it needs no code beside it. */
public final class GatewayListener implements ServletContextListener {
  private @Nullable Gateway gateway;

  /** Called by the container. */
  public GatewayListener() {}

  @Override
  public void contextInitialized(ServletContextEvent event) {
    ServletContext context = event.getServletContext();
    Map<String, String> parameters = new HashMap<>();
    for (String name : Collections.list(context.getInitParameterNames())) {
      parameters.put(name, context.getInitParameter(name));
    }
    GatewayConfig config = GatewayConfig.load(parameters);
    config.database().file().ifPresent(GatewayListener::requireAbsolute);
    Gateway built = Gateway.builder().config(config).discover().build();
    gateway = built;
    built.install(context);
  }

  /** A container's working directory is nobody's choice. */
  private static void requireAbsolute(Path file) {
    if (!file.isAbsolute()) {
      throw new ConfigException(
          "tollgate.database.url must hold an absolute path in a web application, not " + file);
    }
  }

  @Override
  public void contextDestroyed(ServletContextEvent event) {
    Gateway built = gateway;
    gateway = null;
    if (built != null) {
      built.close();
    }
  }
}
