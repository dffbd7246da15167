package dev.tollgate.gateway.filter;

import dev.tollgate.gateway.account.Principal;
import dev.tollgate.gateway.exchange.Exchange;
import dev.tollgate.gateway.exchange.RefusalWriter;
import dev.tollgate.gateway.exchange.RequestScope;
import dev.tollgate.gateway.flavor.GatewayError;
import dev.tollgate.gateway.flavor.GatewayError.Kind;
import dev.tollgate.gateway.ledger.Money;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Filter that refuses metered requests of projects without balance, at low cost. A positive balance
 * may be as old as {@link SeenBalances#MAX_AGE}. A request is refused only after a fresh read.
 */
public final class BalanceFilter extends CheckFilter {
  private final SeenBalances balances;
  private final BooleanSupplier mayBeFree;
  private final Consumer<String> refused;

  /**
   * @param scope of the gateway that this filter belongs to
   * @param refusals writes the answer to a refused request
   * @param balances looks up balances
   * @param mayBeFree whether a request may name a model that costs nothing; then the hold decides,
   *     once the body is known
   * @param refused receives the id of each project whose request is refused; must not block
   */
  public BalanceFilter(
      RequestScope scope,
      RefusalWriter refusals,
      SeenBalances balances,
      BooleanSupplier mayBeFree,
      Consumer<String> refused) {
    super(scope, refusals);
    this.balances = balances;
    this.mayBeFree = mayBeFree;
    this.refused = refused;
  }

  @Override
  Optional<GatewayError> check(
      HttpServletRequest request, @Nullable Exchange exchange, @Nullable Principal principal) {
    if (exchange != null && !exchange.route().metered()) {
      return PASSES;
    }
    if (principal == null) {
      return refused(Kind.INVALID_KEY);
    }
    String projectId = principal.project().id();
    // Cheapest check first: a recent positive balance, then a free model, then the ledger.
    if (balances.recent(projectId).isPositive() || mayBeFree.getAsBoolean()) {
      return PASSES;
    }
    Money available = balances.fresh(projectId);
    if (available.isPositive()) {
      return PASSES;
    }
    refused.accept(projectId);
    return Optional.of(GatewayError.insufficientBalance(available));
  }
}
