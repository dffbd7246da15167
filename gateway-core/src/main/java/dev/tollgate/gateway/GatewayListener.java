package dev.tollgate.gateway;

import dev.tollgate.gateway.config.ConfigException;
import dev.tollgate.gateway.config.GatewayConfig;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletContextEvent;
import jakarta.servlet.ServletContextListener;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.sql.Driver;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Makes a web application a gateway: named in {@code web.xml}, it needs no code beside it. */
public final class GatewayListener implements ServletContextListener {
  private static final Logger LOG = System.getLogger(GatewayListener.class.getName());
  private static final ClassLoader LOADER = GatewayListener.class.getClassLoader();
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private @Nullable Gateway gateway;
  private Duration drainTimeout = Duration.ZERO;
  private Optional<TomcatStop> tomcatStop = Optional.empty();

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
    if (config.admin().token() != null && config.admin().port() != null) {
      LOG.log(
          Level.WARNING,
          "the admin API is off: tollgate.admin.http.port is for the standalone server alone");
    }
    Gateway built = Gateway.builder().config(config).alias("/v1").discover().build();
    try {
      built.install(context);
      built.installNotFound(context);
    } catch (RuntimeException e) {
      // Not every container calls contextDestroyed now.
      built.close();
      throw e;
    }
    gateway = built;
    drainTimeout = config.drainTimeout();
    tomcatStop = TomcatStop.listen(context, () -> drain(built));
  }

  /** Lets open requests come to their end; after the limit, they are broken off. */
  private void drain(Gateway draining) {
    draining.drain();
    if (!draining.awaitIdle(drainTimeout)) {
      draining.abort();
    }
  }

  /** The operator does not choose a container's working directory. */
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
    tomcatStop.ifPresent(TomcatStop::close);
    tomcatStop = Optional.empty();
    if (built != null) {
      drain(built);
      built.close();
    }
    awaitThreads();
    if (LOADER == event.getServletContext().getClassLoader()
        && LOADER != ClassLoader.getSystemClassLoader()) {
      deregisterDrivers();
    }
  }

  /**
   * A thread ends a moment after its pool says that it has; a container that looks meanwhile would
   * call it forgotten.
   */
  private static void awaitThreads() {
    long end = System.nanoTime() + PATIENCE.toNanos();
    try {
      for (Thread thread : Thread.getAllStackTraces().keySet()) {
        long leftMillis = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
        if (thread.getContextClassLoader() == LOADER
            && thread.getName().startsWith("tollgate-")
            && leftMillis > 0) {
          thread.join(leftMillis);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Deregisters the JDBC drivers that this application loaded. They register themselves, and would
   * keep the application's classes in memory. Drivers of other class loaders stay: another
   * application may use them.
   */
  private static void deregisterDrivers() {
    // Where the container knows a driver of the same name, to ask for drivers loads ours.
    var unused = DriverManager.getDrivers();
    for (Driver driver : Collections.list(DriverManager.getDrivers())) {
      if (driver.getClass().getClassLoader() == LOADER) {
        try {
          DriverManager.deregisterDriver(driver);
        } catch (SQLException e) {
          LOG.log(Level.WARNING, "cannot deregister a driver", e);
        }
      }
    }
  }
}
