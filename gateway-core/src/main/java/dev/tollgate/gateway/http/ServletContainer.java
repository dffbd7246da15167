package dev.tollgate.gateway.http;

import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletRequestWrapper;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.reflect.Field;
import java.util.Objects;

/** The containers in which a response ends, or is broken off, in a way of its own. */
public enum ServletContainer {
  JETTY("jetty"),
  TOMCAT("Apache Tomcat"),
  LIBERTY("IBM WebSphere Liberty"),
  PAYARA("Payara"),
  /** Any other. */
  OTHER("");

  private static final Logger LOG = System.getLogger(ServletContainer.class.getName());

  private final String serverInfo;

  ServletContainer(String serverInfo) {
    this.serverInfo = serverInfo;
  }

  /** The container that has sent a request here, as its server info says. */
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
   * Whether a response that is written to its declared length may take the request's body with it:
   * Tomcat closes both from version 11 on (Servlet 6.1, 5.7). It looks at the length only when it
   * is written to, so there the length is declared behind the body, while both are in the buffer.
   */
  public boolean closesAtLength() {
    return this == TOMCAT;
  }

  /**
   * Whether the container itself reads and drops the rest of a request's body after an answer.
   * Payara does. Payara may also call a read listener again after the end of the body. If the
   * request is over by then, its connection never serves again. So an unwanted body must not get a
   * read listener there.
   */
  public boolean dropsBodies() {
    return this == PAYARA;
  }

  /** The request as the container made it, without what filters have put around it. */
  public static ServletRequest innermost(ServletRequest request) {
    ServletRequest innermost = request;
    while (innermost instanceof ServletRequestWrapper wrapper) {
      innermost = wrapper.getRequest();
    }
    return innermost;
  }

  /**
   * Has Open Liberty close the connection in place of the last chunk, as its own setting {@code
   * suppressLastZeroBytePackage} does behind an error page. No public interface leads there, hence
   * by reflection.
   *
   * @return false if it cannot be told
   */
  public static boolean suppressLastChunk(ServletRequest request) {
    try {
      Object connection = call(call(innermost(request), "getIRequest"), "getHttpInboundConnection");
      Object link = call(connection, "getHttpDispatcherLink");
      link.getClass().getMethod("setSuppressZeroByteChunk", boolean.class).invoke(link, true);
      return true;
    } catch (ReflectiveOperationException | RuntimeException e) {
      LOG.log(Level.ERROR, "a broken answer stays open: Open Liberty is not as it was", e);
      return false;
    }
  }

  /**
   * Closes the connection in Payara, which after a dispatch that throws takes an answer without its
   * end for a whole one and waits for the next request, for half a minute. No public interface
   * leads there, hence by reflection.
   *
   * @return false if it cannot be told
   */
  public static boolean closeConnection(ServletRequest request) {
    try {
      Object coyote =
          call(call(innermost(request), "getUnwrappedCoyoteRequest"), "getCoyoteRequest");
      Object connection = call(call(coyote, "getContext"), "getCloseable");
      connection.getClass().getMethod("closeSilently").invoke(connection);
      return true;
    } catch (ReflectiveOperationException | RuntimeException e) {
      LOG.log(Level.ERROR, "a broken answer stays open for a while: Payara is not as it was", e);
      return false;
    }
  }

  /**
   * Closes the connection in Tomcat, or resets the stream of HTTP/2. A dispatch that throws does
   * so, too, but has no servlet to go to any more when the application is being stopped. No public
   * interface leads there, hence by reflection.
   *
   * @return false if it cannot be told
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
      LOG.log(Level.DEBUG, "Tomcat is not as it was", e);
      return false;
    }
  }

  private static Object call(Object target, String method) throws ReflectiveOperationException {
    return Objects.requireNonNull(target.getClass().getMethod(method).invoke(target), method);
  }
}
