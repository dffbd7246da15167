package dev.tollgate.gateway.cli;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.management.ManagementFactory;
import java.security.GeneralSecurityException;
import java.util.Locale;
import javax.net.ssl.SSLContext;

/**
 * Has the JVM make what it makes once, on a thread beside the one that reads the command line and
 * opens the database, who would wait for it: a tenth of the whole start. Only what every server
 * needs, and only of the JDK: of others' classes, two that wait for each other's initialization
 * would wait for good (Java Language Specification 12.4.2).
 */
final class Warmup {
  // Also for the JDK's own classes: SLF4J warns of whoever logs while it is being set up.
  private static final Logger LOG = System.getLogger(Warmup.class.getName());

  private Warmup() {}

  /** To be called when the logging has been chosen. */
  static void start() {
    Thread thread = new Thread(Warmup::run, "tollgate-warmup");
    thread.setDaemon(true);
    thread.start();
  }

  private static void run() {
    try {
      // The certificates that the upstream's is looked up in.
      var unusedContext = SSLContext.getDefault();
      // Jetty's queues ask the JVM for the size of a cache line.
      var unusedServer = ManagementFactory.getPlatformMBeanServer();
      // Its table of MIME types has a line for each.
      var unusedLocales = Locale.getAvailableLocales();
    } catch (GeneralSecurityException | RuntimeException | LinkageError e) {
      // Whoever needs it meets it, too, and says what it was for.
      LOG.log(Level.DEBUG, "warming up: {0}", e.toString());
    }
  }
}
