package dev.tollgate.gateway.relay;

import dev.tollgate.gateway.exchange.Refusal;
import dev.tollgate.gateway.exchange.RefusalWriter;
import dev.tollgate.gateway.http.Header;
import dev.tollgate.gateway.http.ResponseHeaders;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;

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

  ClientResponse(AsyncContext async) throws IOException {
    this.async = async;
    this.response = (HttpServletResponse) async.getResponse();
    this.output = response.getOutputStream();
  }

  ServletOutputStream output() {
    return output;
  }

  /** Status and headers of an answer that is relayed. */
  void setHead(int status, List<Header> headers, String requestId) {
    response.setStatus(status);
    ResponseHeaders.copy(headers, response, status);
    if (!response.containsHeader("X-Request-Id")) {
      response.setHeader("X-Request-Id", requestId);
    }
  }

  /** Status and headers of an answer of our own. */
  void setHead(Refusal refusal) {
    RefusalWriter.apply(refusal, response);
  }

  /** Ends the response in order; harmless where the container has ended it. */
  void complete() {
    try {
      async.complete();
    } catch (IllegalStateException e) {
      // After a failed write a container may have completed the response by itself.
      LOG.log(Level.DEBUG, "already completed: {0}", e);
    }
  }

  /**
   * Ends the client's connection so that the client cannot take what it got for the whole. The
   * Servlet API has no call for it: Jetty takes -1 for it, others break off when a dispatch throws,
   * see {@link #isBreakingOff}.
   */
  void breakOff() {
    try {
      response.sendError(-1);
    } catch (IllegalStateException | IllegalArgumentException | IOException e) {
      async.getRequest().setAttribute(BREAK_OFF, true);
      async.dispatch();
    }
  }

  /** Whether a dispatch has come for nothing but to throw. */
  static boolean isBreakingOff(ServletRequest request) {
    return request.getAttribute(BREAK_OFF) != null;
  }
}
