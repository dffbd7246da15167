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
import jakarta.servlet.http.HttpServletRequest;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Filter that limits a project's open metered requests and its request rate. The rate covers routes
 * that the upstream answers or that change something. Each node counts separately; the hold limits
 * open requests across all nodes.
 */
public final class RateLimitFilter extends CheckFilter {
  private final SeenBalances balances;
  private final Limits defaults;
  private final OpenRequests open = new OpenRequests();
  private final RateLimiter limiter = new RateLimiter(System::nanoTime);

  /**
   * @param scope of the gateway that this filter belongs to
   * @param refusals writes the answer to a refused request
   * @param balances balances for rates that depend on credit
   * @param defaults limits of projects that have none of their own
   */
  public RateLimitFilter(
      RequestScope scope, RefusalWriter refusals, SeenBalances balances, Limits defaults) {
    super(scope, refusals);
    this.balances = balances;
    this.defaults = defaults;
  }

  @Override
  Optional<GatewayError> check(
      HttpServletRequest request, @Nullable Exchange exchange, @Nullable Principal principal) {
    if (principal == null) {
      return PASSES;
    }
    Project project = principal.project();
    Limits limits = project.limits().over(defaults);
    if (exchange != null && !entered(exchange, project, limits)) {
      return Optional.of(GatewayError.tooManyAtOnce());
    }
    boolean counted = exchange == null || isCounted(exchange.route());
    Duration wait = counted ? acquire(project, limits.rate()) : Duration.ZERO;
    return wait.isZero() ? PASSES : Optional.of(GatewayError.rateLimited(wait));
  }

  private boolean entered(Exchange exchange, Project project, Limits limits) {
    Integer max = limits.maxOpen();
    return exchange.route().kind() == null
        || open.enter(exchange, project.id(), max == null ? 0 : max);
  }

  private static boolean isCounted(Route route) {
    return route.relayed() || !route.method().equals("GET");
  }

  private Duration acquire(Project project, @Nullable RatePolicy policy) {
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
