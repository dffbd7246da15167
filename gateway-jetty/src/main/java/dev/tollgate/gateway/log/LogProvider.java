package dev.tollgate.gateway.log;

import org.eclipse.jetty.logging.JettyLoggingServiceProvider;
import org.jspecify.annotations.Nullable;
import org.slf4j.ILoggerFactory;
import org.slf4j.IMarkerFactory;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.MDCAdapter;
import org.slf4j.spi.SLF4JServiceProvider;

/**
 * Jetty's logging back end, with lines that may be JSON. SLF4J makes it where {@link #choose} was
 * called before anybody logged.
 */
public final class LogProvider implements SLF4JServiceProvider {
  private static final String PROVIDER = "slf4j.provider";
  private static final String VERBOSITY = "slf4j.internal.verbosity";

  private final JettyLoggingServiceProvider jetty = new JettyLoggingServiceProvider();
  private @Nullable LogFactory loggers;

  /** As SLF4J makes it. */
  public LogProvider() {}

  /** Makes it the back end of this process. */
  public static void choose() {
    System.setProperty(PROVIDER, LogProvider.class.getName());
    if (System.getProperty(VERBOSITY) == null) {
      // It would tell of each start which provider that is.
      System.setProperty(VERBOSITY, "WARN");
    }
  }

  /** From now on each line is a JSON object, if this is the back end. */
  public static void useJson() {
    if (LoggerFactory.getILoggerFactory() instanceof LogFactory ours) {
      ours.useJson();
    }
  }

  @Override
  public void initialize() {
    jetty.initialize();
    LogFactory made = new LogFactory(jetty.getJettyLoggerFactory());
    String format = System.getProperty("tollgate.log.format");
    if ("json".equals(format == null ? System.getenv("TOLLGATE_LOG_FORMAT") : format)) {
      made.useJson();
    }
    loggers = made;
  }

  @Override
  public ILoggerFactory getLoggerFactory() {
    LogFactory made = loggers;
    if (made == null) {
      throw new IllegalStateException("not initialized");
    }
    return made;
  }

  @Override
  public IMarkerFactory getMarkerFactory() {
    return jetty.getMarkerFactory();
  }

  @Override
  public MDCAdapter getMDCAdapter() {
    return jetty.getMDCAdapter();
  }

  @Override
  public String getRequestedApiVersion() {
    return jetty.getRequestedApiVersion();
  }
}
