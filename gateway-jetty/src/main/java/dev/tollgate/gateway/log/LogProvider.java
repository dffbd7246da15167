package dev.tollgate.gateway.log;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.eclipse.jetty.logging.JettyAppender;
import org.eclipse.jetty.logging.JettyLogger;
import org.eclipse.jetty.logging.JettyLoggingServiceProvider;
import org.slf4j.ILoggerFactory;
import org.slf4j.Logger;
import org.slf4j.event.Level;

/**
 * Jetty's logging back end, with its levels, and with lines of text or JSON. Logback would take
 * 0.15 s longer to the first line of every command and make the jar 0.9 MB larger. Its JSON encoder
 * would also allow no extra members.
 */
public final class LogProvider extends JettyLoggingServiceProvider
    implements ILoggerFactory, JettyAppender {
  private static final String VERBOSITY = "slf4j.internal.verbosity";

  private static volatile boolean usesJson;

  private final JsonLines json = new JsonLines(System.err);
  private final Map<String, Logger> loggers = new ConcurrentHashMap<>();

  /**
   * Called by SLF4J. Reads the log format itself: the first line may be logged before the settings
   * are read.
   */
  public LogProvider() {
    String variable = System.getenv("TOLLGATE_LOG_FORMAT");
    if ("json".equals(System.getProperty("tollgate.log.format", variable))) {
      useJson();
    }
  }

  /**
   * Makes this class the logging back end of the process. Call it before the first line is logged.
   */
  public static void choose() {
    System.setProperty("slf4j.provider", LogProvider.class.getName());
    if (System.getProperty(VERBOSITY) == null) {
      // Otherwise SLF4J prints the provider's name at each start.
      System.setProperty(VERBOSITY, "WARN");
    }
  }

  /** Switches the log to JSON lines. */
  public static void useJson() {
    usesJson = true;
  }

  @Override
  public ILoggerFactory getLoggerFactory() {
    return this;
  }

  @Override
  public Logger getLogger(String name) {
    return loggers.computeIfAbsent(name, this::logger);
  }

  private Logger logger(String name) {
    JettyLogger text = getJettyLoggerFactory().getJettyLogger(name);
    return new JettyLogger(
        getJettyLoggerFactory(), name, this, text.getLevel(), text.isHideStacks());
  }

  @Override
  public void emit(
      JettyLogger logger,
      Level level,
      long timestamp,
      String threadName,
      Throwable throwable,
      String message,
      Object... arguments) {
    if (usesJson) {
      json.write(logger.getName(), level, timestamp, threadName, throwable, message, arguments);
    } else {
      JettyAppender text = getJettyLoggerFactory().getJettyLogger(logger.getName()).getAppender();
      text.emit(logger, level, timestamp, threadName, throwable, message, arguments);
    }
  }
}
