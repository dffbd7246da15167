package dev.tollgate.gateway.cli;

import com.sun.management.UnixOperatingSystemMXBean;
import dev.tollgate.gateway.config.GatewayConfig;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.management.ManagementFactory;

/**
 * Limits on connections, reduced to fit the limit on open files. A server without a free file
 * descriptor can neither accept a connection nor open its database.
 *
 * @param files how many files this process may open
 * @param given the configuration as loaded
 * @param fitted the configuration with fitting limits; equal to {@code given} if the limit suffices
 */
record FileLimit(long files, GatewayConfig given, GatewayConfig fitted) {
  private static final Logger LOG = System.getLogger(FileLimit.class.getName());

  /** Files for the database, the log, jars and the system. */
  private static final long OTHERS = 100;

  /**
   * Share of the upstream connections: one part in three. Client connections may be idle, so they
   * get the rest.
   */
  private static final int PARTS = 3;

  /** Reads the limit of this process; an unknown limit counts as unlimited. */
  static FileLimit of(GatewayConfig given) {
    return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system
        ? of(given, system.getMaxFileDescriptorCount())
        : new FileLimit(Long.MAX_VALUE, given, given);
  }

  static FileLimit of(GatewayConfig given, long files) {
    int ofClients = given.http().maxConnections();
    int toUpstream = given.upstream().maxConnections();
    long room = Math.max(PARTS, files - OTHERS);
    if ((long) ofClients + toUpstream <= room) {
      return new FileLimit(files, given, given);
    }
    int fewerToUpstream = (int) Math.min(toUpstream, room / PARTS);
    int fewerOfClients = (int) Math.min(ofClients, room - fewerToUpstream);
    return new FileLimit(files, given, given.withConnections(fewerOfClients, fewerToUpstream));
  }

  /** Logs that the limit is too low, if it is. */
  void say() {
    if (fitted.equals(given)) {
      return;
    }
    int ofClients = given.http().maxConnections();
    int toUpstream = given.upstream().maxConnections();
    LOG.log(
        files < Math.max(ofClients, toUpstream) ? Level.WARNING : Level.INFO,
        "this process may open {0,number,#} files, too few for tollgate.http.max-connections"
            + " {1,number,#} and tollgate.upstream.max-connections {2,number,#}: there will be at"
            + " most {3,number,#} and {4,number,#}; see ulimit -n, or LimitNOFILE of systemd",
        files,
        ofClients,
        toUpstream,
        fitted.http().maxConnections(),
        fitted.upstream().maxConnections());
  }
}
