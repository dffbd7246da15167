package dev.tollgate.gateway.jetty;

import dev.tollgate.gateway.exchange.AccessEntry;
import dev.tollgate.gateway.exchange.AccessLog;
import dev.tollgate.gateway.exchange.Asked;
import dev.tollgate.gateway.exchange.Refusal;
import dev.tollgate.gateway.exchange.RefusalWriter;
import dev.tollgate.gateway.exchange.RequestScope;
import dev.tollgate.gateway.exchange.UnknownPath;
import dev.tollgate.gateway.flavor.Flavor;
import dev.tollgate.gateway.flavor.GatewayError;
import dev.tollgate.gateway.flavor.GatewayError.Kind;
import dev.tollgate.gateway.http.Header;
import java.nio.ByteBuffer;
import org.eclipse.jetty.http.HttpException;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.util.Callback;

/**
 * Error handler that answers in the gateway's format what Jetty refuses before the filters: broken
 * framing, bad headers, a path outside the gateway.
 */
final class RefusalErrorHandler extends ErrorHandler {
  private final AccessLog log;

  /**
   * @param log the access log, which gets no entry for these requests otherwise
   */
  RefusalErrorHandler(AccessLog log) {
    this.log = log;
  }

  @Override
  public boolean handle(Request request, Response response, Callback callback) {
    int status = response.getStatus();
    if (request.getAttribute(ERROR_EXCEPTION) instanceof HttpException failure) {
      status = failure.getCode();
    }
    GatewayError error = error(status, request);
    String id = RequestScope.newRequestId();
    Refusal refusal = RefusalWriter.render(error, flavor(request), id);
    log.write(
        AccessEntry.withoutExchange(
            id,
            null,
            asked(request),
            null,
            null,
            RequestScope.printableAddress(Request.getRemoteAddr(request)),
            refusal.status(),
            error.kind().code(),
            request.getBeginNanoTime()));
    response.setStatus(refusal.status());
    for (Header header : refusal.headers()) {
      response.getHeaders().put(header.name(), header.value());
    }
    response.getHeaders().put(HttpHeader.CONTENT_LENGTH, refusal.body().length);
    boolean head = "HEAD".equals(request.getMethod());
    ByteBuffer body = head ? ByteBuffer.allocate(0) : ByteBuffer.wrap(refusal.body());
    response.write(true, body, callback);
    return true;
  }

  /**
   * What the client asked for; empty if Jetty made up a request because it could not read the real
   * one.
   */
  private static Asked asked(Request request) {
    boolean madeUp = "BAD".equals(request.getMethod()) && path(request).equals("/badMessage");
    return madeUp ? Asked.of(null, null) : Asked.of(request.getMethod(), path(request));
  }

  private static Flavor flavor(Request request) {
    HttpFields headers = request.getHeaders();
    return Flavor.of(
        path(request),
        headers.getValuesList("X-API-Key").stream().filter(key -> !key.isBlank()).toList(),
        headers.getValuesList(HttpHeader.AUTHORIZATION));
  }

  private static String path(Request request) {
    String path = request.getHttpURI() == null ? null : request.getHttpURI().getPath();
    return path == null ? "" : path;
  }

  private static GatewayError error(int status, Request request) {
    return switch (status) {
      case HttpStatus.NOT_FOUND_404,
          HttpStatus.METHOD_NOT_ALLOWED_405,
          HttpStatus.NOT_IMPLEMENTED_501 ->
          UnknownPath.error(String.valueOf(request.getMethod()), path(request), null);
      case HttpStatus.REQUEST_HEADER_FIELDS_TOO_LARGE_431 ->
          GatewayError.malformed("headers too large");
      case HttpStatus.URI_TOO_LONG_414 -> GatewayError.malformed("URI too long");
      case HttpStatus.HTTP_VERSION_NOT_SUPPORTED_505 -> GatewayError.malformed("HTTP version");
      case HttpStatus.SERVICE_UNAVAILABLE_503 -> GatewayError.unavailable(1);
      default ->
          HttpStatus.isServerError(status)
              ? GatewayError.of(Kind.REQUEST_BUILD_FAILED)
              : GatewayError.malformed("HTTP syntax");
    };
  }
}
