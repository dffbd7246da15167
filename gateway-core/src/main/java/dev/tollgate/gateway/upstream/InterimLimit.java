package dev.tollgate.gateway.upstream;

import java.io.IOException;
import org.eclipse.jetty.client.ProtocolHandler;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.client.Response;
import org.eclipse.jetty.http.HttpStatus;

/**
 * Handler that passes interim responses (RFC 9110 15.2) to Jetty's own handler, and aborts a call
 * that gets more than 16 of them.
 */
final class InterimLimit implements ProtocolHandler {
  private static final int MAX_INTERIM_RESPONSES = 16;
  private static final String COUNT = InterimLimit.class.getName();

  private final ProtocolHandler handler;

  /**
   * @param handler Jetty's own handler
   */
  InterimLimit(ProtocolHandler handler) {
    this.handler = handler;
  }

  @Override
  public String getName() {
    return handler.getName();
  }

  @Override
  public boolean accept(Request request, Response response) {
    boolean accepted = handler.accept(request, response);
    if (accepted && HttpStatus.isInformational(response.getStatus())) {
      int count = request.getAttributes().get(COUNT) instanceof Integer seen ? seen + 1 : 1;
      request.attribute(COUNT, count);
      if (count > MAX_INTERIM_RESPONSES) {
        var unused = response.abort(new IOException("too many interim responses"));
      }
    }
    return accepted;
  }

  @Override
  public Response.Listener getResponseListener() {
    return handler.getResponseListener();
  }
}
