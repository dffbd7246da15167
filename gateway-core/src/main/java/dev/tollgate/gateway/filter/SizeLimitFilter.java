package dev.tollgate.gateway.filter;

import dev.tollgate.gateway.exchange.Exchange;
import dev.tollgate.gateway.exchange.RefusalWriter;
import dev.tollgate.gateway.exchange.RequestScope;
import dev.tollgate.gateway.flavor.Flavor;
import dev.tollgate.gateway.flavor.GatewayError;
import dev.tollgate.gateway.http.BodyTooLargeException;
import dev.tollgate.gateway.http.BoundedRequest;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/**
 * Filter that limits the size of request bodies. It refuses a body at once if its declared length
 * is over the limit. For any other body, a read past the limit throws a {@link
 * BodyTooLargeException}. If that exception reaches this filter before a response was begun, the
 * caller gets the same refusal.
 */
public final class SizeLimitFilter extends GatewayFilter {
  private final RequestScope scope;
  private final RefusalWriter refusals;
  private final long maxBytes;

  /**
   * @param scope of the gateway that this filter belongs to
   * @param refusals writes the answer to a refused request
   * @param maxBytes the largest body that is accepted, as received, where the flavor has no limit
   *     of its own
   */
  public SizeLimitFilter(RequestScope scope, RefusalWriter refusals, long maxBytes) {
    this.scope = scope;
    this.refusals = refusals;
    this.maxBytes = maxBytes;
  }

  @Override
  void doFilter(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    Flavor flavor =
        scope.exchange(request).map(Exchange::flavor).orElseGet(() -> Flavor.of("", request));
    long max = flavor.maxBodyBytes(maxBytes);
    if (request.getContentLengthLong() > max) {
      refusals.refuse(request, response, GatewayError.bodyTooLarge(max));
      return;
    }
    try {
      chain.doFilter(new BoundedRequest(request, max), response);
    } catch (BodyTooLargeException e) {
      refusals.refuse(request, response, GatewayError.bodyTooLarge(e.maxBytes()));
    }
  }
}
