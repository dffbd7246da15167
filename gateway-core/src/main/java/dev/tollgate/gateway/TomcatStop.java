package dev.tollgate.gateway;

import jakarta.servlet.ServletContext;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.util.Objects;
import java.util.Optional;
import javax.management.ListenerNotFoundException;
import javax.management.Notification;
import javax.management.NotificationEmitter;
import javax.management.NotificationListener;

/**
 * Hears that Tomcat begins to stop the application, while its requests still run. {@code
 * ServletContextListener.contextDestroyed} is too late: before it, Tomcat waits for asynchronous
 * requests for 2 s and then makes them time out. The first that it says is a notification of the
 * context (JSR 77), on the thread that stops it, so Tomcat waits for the listener.
 *
 * <p>No public interface leads from the application to its context, hence by reflection.
 */
final class TomcatStop implements AutoCloseable {
  private static final Logger LOG = System.getLogger(TomcatStop.class.getName());
  private static final String STOPPING = "j2ee.state.stopping";

  private final NotificationEmitter context;
  private final NotificationListener listener;

  private TomcatStop(NotificationEmitter context, Runnable onStopping) {
    this.context = context;
    this.listener = (notification, handback) -> onNotification(notification, onStopping);
  }

  private static void onNotification(Notification notification, Runnable onStopping) {
    if (notification.getType().equals(STOPPING)) {
      onStopping.run();
    }
  }

  /**
   * Listens until it is closed.
   *
   * @param onStopping called on the thread that stops the application, which waits for it
   * @return empty where the container is not Tomcat, or cannot be heard
   */
  static Optional<TomcatStop> listen(ServletContext application, Runnable onStopping) {
    if (!application.getServerInfo().startsWith("Apache Tomcat")) {
      return Optional.empty();
    }
    try {
      Field field = application.getClass().getDeclaredField("context");
      field.setAccessible(true);
      Object inner = Objects.requireNonNull(field.get(application));
      Method getContext = inner.getClass().getDeclaredMethod("getContext");
      getContext.setAccessible(true);
      TomcatStop stop = new TomcatStop((NotificationEmitter) getContext.invoke(inner), onStopping);
      stop.context.addNotificationListener(stop.listener, null, null);
      return Optional.of(stop);
    } catch (ReflectiveOperationException | RuntimeException e) {
      LOG.log(
          Level.WARNING, "unknown version of Tomcat: open requests are cut off when it stops", e);
      return Optional.empty();
    }
  }

  @Override
  public void close() {
    try {
      context.removeNotificationListener(listener);
    } catch (ListenerNotFoundException e) {
      LOG.log(Level.DEBUG, "already removed", e);
    }
  }
}
