package dev.tollgate.gateway.cli;

import dev.tollgate.gateway.Gateway;
import dev.tollgate.gateway.config.GatewayConfig;
import dev.tollgate.gateway.exchange.AccessLog;
import dev.tollgate.gateway.jetty.GatewayServer;
import dev.tollgate.gateway.log.LogProvider;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.CountDownLatch;

/** Life of a server process, from its configuration to its shutdown. */
final class Running {
  private static final Logger LOG = System.getLogger(Running.class.getName());

  private Running() {}

  /** Loads the configuration and sets the log format, before anything is logged. */
  static GatewayConfig configure() {
    GatewayConfig config = GatewayConfig.load();
    if (config.logFormat() == AccessLog.Format.JSON) {
      LogProvider.useJson();
    }
    return config;
  }

  static GatewayServer start(Gateway gateway, GatewayConfig config) {
    try {
      GatewayServer server = GatewayServer.start(gateway, config.http(), config.admin().port());
      LOG.log(
          Level.INFO, "started: {0}, on Java {1}", Main.version(), Runtime.version().toString());
      return server;
    } catch (IOException e) {
      throw new CliException(
          e.getMessage()
              + "; see tollgate.http.host, tollgate.http.port and tollgate.admin.http.port",
          e);
    }
  }

  /**
   * Runs {@code greeting} and waits for SIGTERM or SIGINT. Then drains the server, runs {@code
   * afterwards} and ends the process with exit code 0. Does not return.
   */
  static void untilTold(
      GatewayServer server, GatewayConfig config, Runnable greeting, Runnable afterwards) {
    Thread hook =
        new Thread(
            () -> {
              server.drainAndClose(config.drainDelay(), config.drainTimeout());
              afterwards.run();
              // On SIGTERM the JVM would exit with 143, which a supervisor takes for a failure.
              Runtime.getRuntime().halt(0);
            },
            "tollgate-shutdown");
    Runtime.getRuntime().addShutdownHook(hook);
    // After the hook is set: the reader of the greeting may end the process at once.
    greeting.run();
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
