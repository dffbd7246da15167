package dev.tollgate.gateway.filter;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.tollgate.gateway.account.Principal;
import dev.tollgate.gateway.exchange.Exchange;
import dev.tollgate.gateway.exchange.RefusalWriter;
import dev.tollgate.gateway.exchange.RequestScope;
import dev.tollgate.gateway.flavor.GatewayError;
import dev.tollgate.gateway.flavor.GatewayError.Kind;
import dev.tollgate.gateway.ledger.Ledger;
import dev.tollgate.gateway.ledger.Money;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/**
 * The cheap gate: turns away who has nothing left, on metered routes. A positive balance may be as
 * old as {@link #MAX_AGE}; nobody is turned away but after a fresh read.
 */
public final class BalanceFilter extends GatewayFilter {
  /** How long a positive balance is believed. */
  public static final Duration MAX_AGE = Duration.ofMillis(500);

  private static final long MAX_ENTRIES = 50_000;

  private final RequestScope scope;
  private final RefusalWriter refusals;
  private final Ledger ledger;
  private final Cache<String, Money> available =
      Caffeine.newBuilder().maximumSize(MAX_ENTRIES).expireAfterWrite(MAX_AGE).build();

  /**
   * @param scope of the gateway that this filter belongs to
   * @param refusals what answers a request that goes no further
   * @param ledger what knows the balance
   */
  public BalanceFilter(RequestScope scope, RefusalWriter refusals, Ledger ledger) {
    this.scope = scope;
    this.refusals = refusals;
    this.ledger = ledger;
  }

  @Override
  void doFilter(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    Optional<Exchange> exchange = scope.exchange(request);
    Optional<Principal> principal = scope.principal(request);
    if (principal.isEmpty()) {
      refusals.refuse(request, response, GatewayError.of(Kind.INVALID_KEY));
    } else if (exchange.isPresent() && !exchange.get().route().metered()) {
      chain.doFilter(request, response);
    } else if (hasBalance(principal.get().project().id())) {
      chain.doFilter(request, response);
    } else {
      refusals.refuse(request, response, GatewayError.of(Kind.INSUFFICIENT_BALANCE));
    }
  }

  private boolean hasBalance(String projectId) {
    Money seen = available.getIfPresent(projectId);
    if (seen == null || !seen.isPositive()) {
      seen = ledger.balance(projectId).available();
      available.put(projectId, seen);
    }
    return seen.isPositive();
  }
}
