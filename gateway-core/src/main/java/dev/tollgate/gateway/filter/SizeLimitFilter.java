package dev.tollgate.gateway.filter;

import dev.tollgate.gateway.exchange.RefusalWriter;
import dev.tollgate.gateway.flavor.GatewayError;
import dev.tollgate.gateway.flavor.GatewayError.Kind;
import dev.tollgate.gateway.http.BodyTooLargeException;
import dev.tollgate.gateway.http.BoundedRequest;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/**
 * Refuses a body whose declared length is over the limit without waiting for it, and bounds what is
 * read of any other: whoever reads past the limit gets a {@link BodyTooLargeException}, and if that
 * comes back here, before a response was begun, the caller gets the same refusal.
 */
public final class SizeLimitFilter extends GatewayFilter {
  /** The largest body that is accepted: 1 MiB, as received. */
  public static final long MAX_BODY_BYTES = 1L << 20;

  private final RefusalWriter refusals;

  /**
   * @param refusals what answers a request that goes no further
   */
  public SizeLimitFilter(RefusalWriter refusals) {
    this.refusals = refusals;
  }

  @Override
  void doFilter(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    if (request.getContentLengthLong() > MAX_BODY_BYTES) {
      refusals.refuse(request, response, GatewayError.of(Kind.BODY_TOO_LARGE));
      return;
    }
    try {
      chain.doFilter(new BoundedRequest(request, MAX_BODY_BYTES), response);
    } catch (BodyTooLargeException e) {
      refusals.refuse(request, response, GatewayError.of(Kind.BODY_TOO_LARGE));
    }
  }
}
