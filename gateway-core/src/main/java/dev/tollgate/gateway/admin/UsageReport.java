package dev.tollgate.gateway.admin;

import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Reports.Usage;
import dev.tollgate.gateway.ledger.Tokens;
import java.time.Instant;
import java.util.List;

/**
 * A project's usage.
 *
 * @param since the start of the report
 * @param models the usage of each model, highest charge first
 */
public record UsageReport(Instant since, List<Usage> models) {
  /** Copies the list. */
  public UsageReport {
    models = List.copyOf(models);
  }

  /** The total over all models; its model name is empty. */
  public Usage total() {
    long requests = 0;
    Tokens tokens = Tokens.NONE;
    Money cost = Money.ZERO;
    Money charge = Money.ZERO;
    for (Usage each : models) {
      requests += each.requests();
      tokens = tokens.plus(each.tokens());
      cost = cost.plus(each.cost());
      charge = charge.plus(each.charge());
    }
    return new Usage("", requests, tokens, cost, charge);
  }
}
