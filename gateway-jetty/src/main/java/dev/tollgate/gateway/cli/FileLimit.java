package dev.tollgate.gateway.cli;

import com.sun.management.UnixOperatingSystemMXBean;
import dev.tollgate.gateway.config.GatewayConfig;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.management.ManagementFactory;

/**
 * Fits the bounds of connections to the limit of open files: a server that has no descriptor left
 * can neither accept a connection nor open its database. Stateless.
 */
final class FileLimit {
  private static final Logger LOG = System.getLogger(FileLimit.class.getName());

  /** For the database, the log, jars and the system's own. */
  private static final long OTHERS = 100;

  /** A client's connection may be idle, so there are more of them than to the upstream. */
  private static final int PARTS = 3;

  private FileLimit() {}

  /** The same where the limit suffices, or is not known. */
  static GatewayConfig fit(GatewayConfig config) {
    return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system
        ? fit(config, system.getMaxFileDescriptorCount())
        : config;
  }

  static GatewayConfig fit(GatewayConfig config, long limit) {
    int ofClients = config.http().maxConnections();
    int toUpstream = config.upstream().maxConnections();
    long room = Math.max(PARTS, limit - OTHERS);
    if ((long) ofClients + toUpstream <= room) {
      return config;
    }
    int fewerToUpstream = (int) Math.min(toUpstream, room / PARTS);
    int fewerOfClients = (int) Math.min(ofClients, room - fewerToUpstream);
    LOG.log(
        limit < Math.max(ofClients, toUpstream) ? Level.WARNING : Level.INFO,
        "this process may open {0,number,#} files, too few for tollgate.http.max-connections"
            + " {1,number,#} and tollgate.upstream.max-connections {2,number,#}: there will be at"
            + " most {3,number,#} and {4,number,#}; see ulimit -n, or LimitNOFILE of systemd",
        limit,
        ofClients,
        toUpstream,
        fewerOfClients,
        fewerToUpstream);
    return config.withConnections(fewerOfClients, fewerToUpstream);
  }
}
