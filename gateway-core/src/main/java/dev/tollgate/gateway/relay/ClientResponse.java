package dev.tollgate.gateway.relay;

import dev.tollgate.gateway.exchange.Refusal;
import dev.tollgate.gateway.exchange.RefusalWriter;
import dev.tollgate.gateway.http.ResponseHeaders;
import dev.tollgate.gateway.http.ServletContainer;
import dev.tollgate.gateway.upstream.UpstreamHead;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The answer to the client, as far as containers differ in how it begins and ends. To be used by
 * one thread at a time, and not after {@link #complete} or {@link #breakOff}.
 */
final class ClientResponse {
  private static final Logger LOG = System.getLogger(ClientResponse.class.getName());

  /** Set on a request whose response is to be broken off by the container. */
  private static final String BREAK_OFF = "dev.tollgate.gateway.relay.break-off";

  private final AsyncContext async;
  private final HttpServletResponse response;
  private final ServletOutputStream output;
  private final AtomicBoolean ended = new AtomicBoolean();
  private final ServletContainer container;
  private boolean endsWithConnection;
  // Of an answer of our own, while it is still to be declared.
  private int lengthToDeclare = -1;
  private volatile boolean givenUp;
  private volatile boolean brokenOff;
  private volatile boolean withoutLastChunk;

  ClientResponse(AsyncContext async, ServletOutputStream output) {
    this.async = async;
    this.response = (HttpServletResponse) async.getResponse();
    this.output = output;
    this.container = ServletContainer.of(async.getRequest());
    if (container == ServletContainer.LIBERTY) {
      dropBuffer();
    }
  }

  /**
   * Only when as many bytes have come together as its buffer holds does Open Liberty write without
   * blocking, and at once; a flush of what it has kept back blocks.
   */
  private void dropBuffer() {
    try {
      response.setBufferSize(1);
    } catch (IllegalStateException e) {
      LOG.log(Level.DEBUG, "something has been written before: {0}", e);
    }
  }

  ServletOutputStream output() {
    return output;
  }

  /** Status and headers of an answer that is relayed. */
  void setHead(UpstreamHead answer, String requestId) {
    int status = answer.status();
    response.setStatus(status);
    ResponseHeaders.copy(answer.headers(), response, status);
    if (!response.containsHeader("X-Request-Id")) {
      response.setHeader("X-Request-Id", requestId);
    }
    if (!response.containsHeader("Content-Length") && hasBody(status)) {
      frame();
    }
  }

  private static boolean hasBody(int status) {
    return status != HttpServletResponse.SC_NO_CONTENT
        && status != HttpServletResponse.SC_NOT_MODIFIED;
  }

  /** Sees to it that a body of unknown length has an end of its own (RFC 9112 6.3). */
  private void frame() {
    HttpServletRequest request = (HttpServletRequest) async.getRequest();
    String protocol = request.getProtocol();
    if (protocol.equals("HTTP/1.0")) {
      endsWithConnection = true;
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

  /**
   * Asked for when the container writes the last chunk. There are none, and there is to be no last
   * chunk of a body that is broken off.
   */
  private Map<String, String> trailers() {
    if (brokenOff && !withoutLastChunk) {
      throw new IllegalStateException("the answer is broken off");
    }
    return Map.of();
  }

  /**
   * Status and headers of an answer of our own.
   *
   * @param beforeRequestBody whether its body is written while the request's is still to be read.
   *     Otherwise it may end with its length, and behind a request that broke off it must: Tomcat
   *     writes nothing then that it has kept back
   */
  void setHead(Refusal refusal, boolean beforeRequestBody) {
    boolean lengthLast = beforeRequestBody && container.closesAtLength();
    RefusalWriter.apply(refusal, response, !lengthLast);
    if (lengthLast) {
      lengthToDeclare = refusal.body().length;
    }
  }

  /** A piece of the body was written and is not flushed yet; an answer of our own is one piece. */
  void setWritten() {
    if (lengthToDeclare >= 0) {
      response.setContentLength(lengthToDeclare);
      lengthToDeclare = -1;
    }
  }

  /** The container has ended it. */
  void setEnded() {
    ended.set(true);
  }

  /** Ends the response in order. A second call does nothing. */
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

  /**
   * Whether the container had ended the response before {@link #complete}: it will not say so
   * again.
   */
  boolean isGivenUp() {
    return givenUp;
  }

  /**
   * Ends the client's connection so that the client cannot take what it got for the whole. The
   * Servlet API has no call for it: Jetty takes -1 for it, others break off when a dispatch throws,
   * see {@link #isBreakingOff}.
   */
  void breakOff() {
    breakOff(false);
  }

  /**
   * The same, because the gateway stops. Its application may be stopping, too: then a dispatch
   * makes Tomcat log an error, because it has no servlet for it any more.
   */
  void breakOffAtStop() {
    breakOff(true);
  }

  private void breakOff(boolean atStop) {
    if (!ended.compareAndSet(false, true)) {
      return;
    }
    if (endsWithConnection
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
      async.getRequest().setAttribute(BREAK_OFF, true);
      async.dispatch();
    }
  }

  private boolean isAborted() {
    try {
      response.sendError(-1);
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
    return async.getRequest().getProtocol().equals("HTTP/1.1");
  }

  /** Whether a dispatch has come for nothing but to throw. */
  static boolean isBreakingOff(ServletRequest request) {
    return request.getAttribute(BREAK_OFF) != null;
  }
}
