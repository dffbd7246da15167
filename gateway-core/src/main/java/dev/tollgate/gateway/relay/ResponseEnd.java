package dev.tollgate.gateway.relay;

import dev.tollgate.gateway.http.ServletContainer;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * End of a response, reached once. It is orderly, or broken off so that the client cannot mistake a
 * truncated body for a complete one. The Servlet API has no method to break off, so each container
 * needs its own way.
 */
final class ResponseEnd {
  private static final Logger LOG = System.getLogger(ResponseEnd.class.getName());

  /** Set on a request whose response the container must break off. */
  private static final String BREAK_OFF = "dev.tollgate.gateway.relay.break-off";

  private final AsyncContext async;
  private final ServletContainer container;
  private final AtomicBoolean ended = new AtomicBoolean();
  private boolean connectionEnds;
  private volatile boolean givenUp;
  private volatile boolean brokenOff;
  private volatile boolean withoutLastChunk;

  ResponseEnd(AsyncContext async, ServletContainer container) {
    this.async = async;
    this.container = container;
  }

  /** Gives a body of unknown length an explicit end (RFC 9112 6.3). */
  void frame(HttpServletResponse response) {
    if (protocol().equals("HTTP/1.0")) {
      connectionEnds = true;
      return;
    }
    boolean chunked = isOverHttp11();
    // Other containers would end the body by closing the connection if the client sent "Connection:
    // close".
    if (chunked && container != ServletContainer.TOMCAT) {
      response.setHeader("Transfer-Encoding", "chunked");
    }
    // These two containers would end a broken-off stream as if it were complete, over HTTP/2 as
    // well.
    if (chunked || container == ServletContainer.LIBERTY || container == ServletContainer.PAYARA) {
      try {
        response.setTrailerFields(this::trailers);
      } catch (IllegalStateException e) {
        LOG.log(Level.DEBUG, "no trailers here: {0}", e);
      }
    }
  }

  /** The container has ended the response. */
  void setEnded() {
    ended.set(true);
  }

  void complete() {
    if (ended.compareAndSet(false, true)) {
      completeAsync();
    }
  }

  private void completeAsync() {
    try {
      async.complete();
    } catch (IllegalStateException e) {
      // After a failed write, a container may already have completed the response.
      LOG.log(Level.DEBUG, "already completed: {0}", e);
      givenUp = true;
    }
  }

  /**
   * Whether the container had ended the response before {@link #complete}. It will not report the
   * end again.
   */
  boolean isGivenUp() {
    return givenUp;
  }

  /**
   * @param atStop whether the application may be stopping; then a dispatch makes Tomcat log an
   *     error, because the servlet is already gone
   */
  void breakOff(boolean atStop) {
    if (!ended.compareAndSet(false, true)) {
      return;
    }
    if (connectionEnds
        && async.getRequest().getAttribute(RelayServlet.RESET) instanceof Runnable reset) {
      reset.run();
    }
    brokenOff = true;
    boolean broken =
        switch (container) {
          case JETTY -> isAborted();
          case LIBERTY -> isLeftWithoutEnd();
          case PAYARA -> isClosed();
          case TOMCAT -> atStop && ServletContainer.closeNow(async.getRequest());
          case OTHER -> false;
        };
    if (!broken) {
      dispatch();
    }
  }

  /** Dispatches to the relay's servlet, which throws so that the container breaks off. */
  private void dispatch() {
    async.getRequest().setAttribute(BREAK_OFF, true);
    try {
      async.dispatch();
    } catch (IllegalStateException e) {
      LOG.log(Level.DEBUG, "already completed: {0}", e);
    }
  }

  /** Aborts the response: Jetty does so on the status -1. */
  private boolean isAborted() {
    try {
      ((HttpServletResponse) async.getResponse()).sendError(-1);
      return true;
    } catch (IllegalStateException | IllegalArgumentException | IOException e) {
      LOG.log(Level.DEBUG, "cannot be aborted: {0}", e);
      return false;
    }
  }

  /**
   * Completes the response without its end. After a dispatch that throws, Open Liberty would write
   * an error page into the body. Open Liberty itself breaks off a body shorter than its declared
   * length. Over HTTP/2, a broken-off stream stays open.
   */
  private boolean isLeftWithoutEnd() {
    withoutLastChunk = isOverHttp11() && ServletContainer.suppressLastChunk(async.getRequest());
    completeAsync();
    return true;
  }

  private boolean isClosed() {
    if (isOverHttp11() && !ServletContainer.closeConnection(async.getRequest())) {
      return false;
    }
    completeAsync();
    return true;
  }

  private boolean isOverHttp11() {
    return protocol().equals("HTTP/1.1");
  }

  private String protocol() {
    return async.getRequest().getProtocol();
  }

  /**
   * Called when the container writes the last chunk. There are no trailers; a body that is broken
   * off must not get a last chunk.
   */
  private Map<String, String> trailers() {
    if (brokenOff && !withoutLastChunk) {
      throw new IllegalStateException("the answer is broken off");
    }
    return Map.of();
  }

  /** Whether a dispatch came only to throw, so that the container breaks off. */
  static boolean isBreakingOff(ServletRequest request) {
    return request.getAttribute(BREAK_OFF) != null;
  }
}
