package dev.tollgate.gateway.log;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.eclipse.jetty.logging.JettyAppender;
import org.eclipse.jetty.logging.JettyLogger;
import org.eclipse.jetty.logging.JettyLoggerFactory;
import org.slf4j.ILoggerFactory;
import org.slf4j.Logger;
import org.slf4j.event.Level;

/** Jetty's loggers, at the levels that Jetty gives them, with an appender that can be changed. */
final class LogFactory implements ILoggerFactory, JettyAppender {
  private final JettyLoggerFactory jetty;
  private final JsonLines json = new JsonLines(System.err);
  private final Map<String, Logger> loggers = new ConcurrentHashMap<>();
  private volatile boolean usesJson;

  LogFactory(JettyLoggerFactory jetty) {
    this.jetty = jetty;
  }

  void useJson() {
    usesJson = true;
  }

  @Override
  public Logger getLogger(String name) {
    return loggers.computeIfAbsent(name, this::logger);
  }

  private Logger logger(String name) {
    JettyLogger its = jetty.getJettyLogger(name);
    return new JettyLogger(jetty, name, this, its.getLevel(), its.isHideStacks());
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
      JettyAppender text = jetty.getJettyLogger(logger.getName()).getAppender();
      text.emit(logger, level, timestamp, threadName, throwable, message, arguments);
    }
  }
}
