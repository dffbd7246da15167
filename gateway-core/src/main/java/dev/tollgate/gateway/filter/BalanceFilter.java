package dev.tollgate.gateway.filter;

import dev.tollgate.gateway.account.Principal;
import dev.tollgate.gateway.exchange.Exchange;
import dev.tollgate.gateway.exchange.RefusalWriter;
import dev.tollgate.gateway.exchange.RequestScope;
import dev.tollgate.gateway.flavor.GatewayError;
import dev.tollgate.gateway.flavor.GatewayError.Kind;
import dev.tollgate.gateway.ledger.Money;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Optional;

/**
 * The cheap gate: turns away who has nothing left, on metered routes. A positive balance may be as
 * old as {@link SeenBalances#MAX_AGE}; nobody is turned away but after a fresh read.
 */
public final class BalanceFilter extends GatewayFilter {
  private final RequestScope scope;
  private final RefusalWriter refusals;
  private final SeenBalances balances;

  /**
   * @param scope of the gateway that this filter belongs to
   * @param refusals what answers a request that goes no further
   * @param balances what knows the balance
   */
  public BalanceFilter(RequestScope scope, RefusalWriter refusals, SeenBalances balances) {
    this.scope = scope;
    this.refusals = refusals;
    this.balances = balances;
  }

  @Override
  void doFilter(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    Optional<Exchange> exchange = scope.exchange(request);
    Optional<Principal> principal = scope.principal(request);
    if (exchange.isPresent() && !exchange.get().route().metered()) {
      chain.doFilter(request, response);
      return;
    }
    if (principal.isEmpty()) {
      refusals.refuse(request, response, GatewayError.of(Kind.INVALID_KEY));
      return;
    }
    String projectId = principal.get().project().id();
    Money available = balances.recent(projectId);
    if (!available.isPositive()) {
      available = balances.fresh(projectId);
    }
    if (available.isPositive()) {
      chain.doFilter(request, response);
    } else {
      refusals.refuse(request, response, GatewayError.insufficientBalance(available));
    }
  }
}
