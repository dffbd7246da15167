package dev.tollgate.gateway.http;

import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletRequestWrapper;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.reflect.Field;
import java.util.Objects;

/** Servlet containers, and their differences in ending and breaking off a response. */
public enum ServletContainer {
  JETTY("jetty"),
  TOMCAT("Apache Tomcat"),
  LIBERTY("IBM WebSphere Liberty"),
  PAYARA("Payara"),
  /** Any other container. */
  OTHER("");

  private static final Logger LOG = System.getLogger(ServletContainer.class.getName());

  private final String serverInfo;

  ServletContainer(String serverInfo) {
    this.serverInfo = serverInfo;
  }

  /** The container of a request, from its server info. */
  public static ServletContainer of(ServletRequest request) {
    String info = request.getServletContext().getServerInfo();
    for (ServletContainer container : values()) {
      if (info.startsWith(container.serverInfo)) {
        return container;
      }
    }
    return OTHER;
  }

  /**
   * Whether the container may close the request body once a response has its declared length.
   * Tomcat does from version 11 on (Servlet 6.1, 5.7). It checks the length only on a write. So on
   * Tomcat the length must be declared after the body is written, while both are still in the
   * buffer.
   */
  public boolean closesAtLength() {
    return this == TOMCAT;
  }

  /**
   * Whether the container itself discards the rest of a request body after the response. Payara
   * does. Payara may also call a read listener again after the end of the body. If the request is
   * over by then, its connection never serves again. So an unwanted body must not get a read
   * listener on Payara.
   */
  public boolean dropsBodies() {
    return this == PAYARA;
  }

  /** The container's own request, without the wrappers of filters. */
  public static ServletRequest innermost(ServletRequest request) {
    ServletRequest innermost = request;
    while (innermost instanceof ServletRequestWrapper wrapper) {
      innermost = wrapper.getRequest();
    }
    return innermost;
  }

  /**
   * Makes Open Liberty close the connection instead of sending the last chunk, as its setting
   * {@code suppressLastZeroBytePackage} does after an error page. There is no public API, so this
   * uses reflection.
   *
   * @return false if Liberty's internals have changed
   */
  public static boolean suppressLastChunk(ServletRequest request) {
    try {
      Object connection = call(call(innermost(request), "getIRequest"), "getHttpInboundConnection");
      Object link = call(connection, "getHttpDispatcherLink");
      link.getClass().getMethod("setSuppressZeroByteChunk", boolean.class).invoke(link, true);
      return true;
    } catch (ReflectiveOperationException | RuntimeException e) {
      LOG.log(
          Level.ERROR,
          "cannot abort a response, so its connection stays open: unknown version of Open Liberty",
          e);
      return false;
    }
  }

  /**
   * Closes the connection in Payara. After a dispatch that throws, Payara treats a truncated
   * response as complete and waits half a minute for the next request. There is no public API, so
   * this uses reflection.
   *
   * @return false if Payara's internals have changed
   */
  public static boolean closeConnection(ServletRequest request) {
    try {
      Object coyote =
          call(call(innermost(request), "getUnwrappedCoyoteRequest"), "getCoyoteRequest");
      Object connection = call(call(coyote, "getContext"), "getCloseable");
      connection.getClass().getMethod("closeSilently").invoke(connection);
      return true;
    } catch (ReflectiveOperationException | RuntimeException e) {
      LOG.log(
          Level.ERROR,
          "cannot abort a response, so its connection stays open for a while: unknown version of Payara",
          e);
      return false;
    }
  }

  /**
   * Closes the connection in Tomcat, or resets the stream of HTTP/2. A dispatch that throws has the
   * same effect, but while the application is being stopped there is no servlet to dispatch to.
   * There is no public API, so this uses reflection.
   *
   * @return false if Tomcat's internals have changed
   */
  public static boolean closeNow(ServletRequest request) {
    try {
      ServletRequest facade = innermost(request);
      Field field = facade.getClass().getDeclaredField("request");
      field.setAccessible(true);
      Object coyote = call(Objects.requireNonNull(field.get(facade)), "getCoyoteRequest");
      Class<?> codes =
          Class.forName("org.apache.coyote.ActionCode", false, coyote.getClass().getClassLoader());
      Object closeNow = codes.getField("CLOSE_NOW").get(null);
      coyote
          .getClass()
          .getMethod("action", codes, Object.class)
          .invoke(coyote, closeNow, new IOException("the gateway stops"));
      return true;
    } catch (ReflectiveOperationException | RuntimeException e) {
      LOG.log(Level.DEBUG, "unknown version of Tomcat", e);
      return false;
    }
  }

  private static Object call(Object target, String method) throws ReflectiveOperationException {
    return Objects.requireNonNull(target.getClass().getMethod(method).invoke(target), method);
  }
}
