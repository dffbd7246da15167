package dev.tollgate.gateway.filter;

import dev.tollgate.gateway.account.Limits;
import dev.tollgate.gateway.account.Principal;
import dev.tollgate.gateway.account.Project;
import dev.tollgate.gateway.account.RatePolicy;
import dev.tollgate.gateway.exchange.Exchange;
import dev.tollgate.gateway.exchange.OpenRequests;
import dev.tollgate.gateway.exchange.RateLimiter;
import dev.tollgate.gateway.exchange.RefusalWriter;
import dev.tollgate.gateway.exchange.RequestScope;
import dev.tollgate.gateway.exchange.Route;
import dev.tollgate.gateway.flavor.GatewayError;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/**
 * Keeps a project to how many metered requests it may have open at once, and to its rate of
 * requests, on the routes that the upstream answers or that change something. Each node counts by
 * itself; the hold counts what is open over all nodes.
 */
public final class RateLimitFilter extends GatewayFilter {
  private final RequestScope scope;
  private final RefusalWriter refusals;
  private final SeenBalances balances;
  private final Limits defaults;
  private final OpenRequests open = new OpenRequests();
  private final RateLimiter limiter = new RateLimiter(System::nanoTime);

  /**
   * @param scope of the gateway that this filter belongs to
   * @param refusals what answers a request that goes no further
   * @param balances what a rate by credit depends on
   * @param defaults for projects that have no limits of their own
   */
  public RateLimitFilter(
      RequestScope scope, RefusalWriter refusals, SeenBalances balances, Limits defaults) {
    this.scope = scope;
    this.refusals = refusals;
    this.balances = balances;
    this.defaults = defaults;
  }

  @Override
  void doFilter(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    Optional<Exchange> exchange = scope.exchange(request);
    Optional<Principal> principal = scope.principal(request);
    if (exchange.isPresent()
        && principal.isPresent()
        && !entered(exchange.get(), principal.get().project())) {
      refusals.refuse(request, response, GatewayError.tooManyAtOnce());
      return;
    }
    boolean counted = exchange.isEmpty() || isCounted(exchange.get().route());
    Duration wait =
        counted && principal.isPresent() ? acquire(principal.get().project()) : Duration.ZERO;
    if (wait.isZero()) {
      chain.doFilter(request, response);
    } else {
      refusals.refuse(request, response, GatewayError.rateLimited(wait));
    }
  }

  private boolean entered(Exchange exchange, Project project) {
    Integer max = project.limits().over(defaults).maxOpen();
    return exchange.route().kind() == null
        || open.enter(exchange, project.id(), max == null ? 0 : max);
  }

  private static boolean isCounted(Route route) {
    return route.relayed() || !route.method().equals("GET");
  }

  private Duration acquire(Project project) {
    RatePolicy policy = project.limits().over(defaults).rate();
    if (policy == null) {
      return Duration.ZERO;
    }
    return switch (policy.kind()) {
      case OFF -> Duration.ZERO;
      case FIXED ->
          limiter.acquire(project.id(), policy.requests(), Duration.ofSeconds(policy.seconds()));
      case BY_CREDIT ->
          limiter.acquire(
              project.id(),
              RatePolicy.byCredit(balances.recent(project.id()).nanos()),
              Duration.ofSeconds(1));
    };
  }
}
