package dev.tollgate.gateway;

import dev.tollgate.gateway.config.GatewayConfig;
import dev.tollgate.gateway.exchange.UpstreamTarget;
import dev.tollgate.gateway.jdbc.DatabaseOptions;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;

/** Lines at INFO about what a gateway is connected to, and about its stop. Without secrets. */
final class LifecycleLog {
  private static final Logger LOG = System.getLogger(Gateway.class.getName());

  private LifecycleLog() {}

  /**
   * @param ownStores whether the gateway has opened a database
   * @param givenPool whether the connections to it are the application's
   */
  static void started(GatewayConfig config, boolean ownStores, boolean givenPool) {
    String database =
        !ownStores
            ? "none, keys and ledger are the application's"
            : givenPool ? "PostgreSQL, by the application's pool" : text(config.database());
    LOG.log(Level.INFO, "database: {0}", database);
    UpstreamTarget target = config.target();
    LOG.log(
        Level.INFO,
        "upstream: {0} ({1}), {2} default key",
        target.baseUrl(),
        config.meter().generations() ? "openrouter" : "generic",
        target.defaultKey() == null ? "without a" : "with a");
  }

  private static String text(DatabaseOptions database) {
    // The query of a PostgreSQL URL may hold further secrets.
    return database
        .file()
        .map(file -> "SQLite, " + file.toAbsolutePath().normalize())
        .orElseGet(
            () ->
                "PostgreSQL, "
                    + database.url().replaceFirst("^jdbc:postgresql:(//)?", "").split("\\?", -1)[0]
                    + (database.user() == null ? "" : ", as user " + database.user()));
  }

  static void stopping(int open, Duration limit) {
    String requests = open == 1 ? "1 open request" : open + " open requests";
    LOG.log(
        Level.INFO,
        open == 0 ? "stopping: no request is open" : "stopping: waiting for {0}, at most {1} s",
        requests,
        Double.toString(limit.toMillis() / 1e3).replaceFirst("\\.0$", ""));
  }

  /**
   * @param open the requests that are not waited for any longer
   */
  static void breakingOff(int open) {
    if (open > 0) {
      LOG.log(Level.WARNING, "stopping: {0} open requests are aborted", open);
    }
  }
}
