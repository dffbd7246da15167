package dev.tollgate.gateway.filter;

import dev.tollgate.gateway.account.Principal;
import dev.tollgate.gateway.exchange.Exchange;
import dev.tollgate.gateway.exchange.RefusalWriter;
import dev.tollgate.gateway.exchange.RequestScope;
import dev.tollgate.gateway.flavor.GatewayError;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Filter that makes one decision: to pass a request on or to refuse it. */
abstract class CheckFilter extends GatewayFilter {
  /** The decision to pass a request on. */
  static final Optional<GatewayError> PASSES = Optional.empty();

  final RequestScope scope;
  private final RefusalWriter refusals;

  CheckFilter(RequestScope scope, RefusalWriter refusals) {
    this.scope = scope;
    this.refusals = refusals;
  }

  static Optional<GatewayError> refused(GatewayError.Kind kind) {
    return Optional.of(GatewayError.of(kind));
  }

  /**
   * Decides about a request.
   *
   * @param exchange null: the filter is used without the others, so no exchange is open
   * @param principal null: the request has not been authenticated
   * @return the reason to refuse the request; empty: pass it on
   */
  abstract Optional<GatewayError> check(
      HttpServletRequest request, @Nullable Exchange exchange, @Nullable Principal principal);

  @Override
  final void doFilter(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    Optional<GatewayError> refusal =
        check(request, scope.exchange(request).orElse(null), scope.principal(request).orElse(null));
    if (refusal.isPresent()) {
      refusals.refuse(request, response, refusal.get());
    } else {
      chain.doFilter(request, response);
    }
  }
}
