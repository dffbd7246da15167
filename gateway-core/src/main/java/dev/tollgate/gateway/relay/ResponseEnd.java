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
 * The end of a response, once: in order, or broken off so that the client cannot take what it got
 * for the whole. The Servlet API has no call for the latter, so each container has its own way.
 */
final class ResponseEnd {
  private static final Logger LOG = System.getLogger(ResponseEnd.class.getName());

  /** Set on a request whose response is to be broken off by the container. */
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

  /** Gives a body of unknown length an end of its own (RFC 9112 6.3). */
  void frame(HttpServletResponse response) {
    if (protocol().equals("HTTP/1.0")) {
      connectionEnds = true;
      return;
    }
    boolean chunked = isOverHttp11();
    // Some would let the end of the connection do where the client said "Connection: close".
    if (chunked && container != ServletContainer.TOMCAT) {
      response.setHeader("Transfer-Encoding", "chunked");
    }
    // Over HTTP/2, too, these would end a stream that is broken off as if it were whole.
    if (chunked || container == ServletContainer.LIBERTY || container == ServletContainer.PAYARA) {
      try {
        response.setTrailerFields(this::trailers);
      } catch (IllegalStateException e) {
        LOG.log(Level.DEBUG, "no trailers here: {0}", e);
      }
    }
  }

  /** The container has ended it. */
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
      // After a failed write a container may have completed the response by itself.
      LOG.log(Level.DEBUG, "already completed: {0}", e);
      givenUp = true;
    }
  }

  /** Whether the container had ended it before {@link #complete}: it will not say so again. */
  boolean isGivenUp() {
    return givenUp;
  }

  /**
   * @param atStop whether the application may be stopping: then a dispatch makes Tomcat log an
   *     error, because it has no servlet for it any more
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

  /** The relay's servlet throws, and the container breaks off. */
  private void dispatch() {
    async.getRequest().setAttribute(BREAK_OFF, true);
    try {
      async.dispatch();
    } catch (IllegalStateException e) {
      LOG.log(Level.DEBUG, "already completed: {0}", e);
    }
  }

  /** Jetty takes the status -1 for it. */
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
   * What a dispatch throws would make Open Liberty write an error page into the body. A body that
   * is short of its length it breaks off by itself; over HTTP/2 a stream that is broken off stays
   * open.
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
   * Asked for when the container writes the last chunk. There are no trailers, and there is to be
   * no last chunk of a body that is broken off.
   */
  private Map<String, String> trailers() {
    if (brokenOff && !withoutLastChunk) {
      throw new IllegalStateException("the answer is broken off");
    }
    return Map.of();
  }

  /** Whether a dispatch has come for nothing but to throw, so that the container breaks off. */
  static boolean isBreakingOff(ServletRequest request) {
    return request.getAttribute(BREAK_OFF) != null;
  }
}
