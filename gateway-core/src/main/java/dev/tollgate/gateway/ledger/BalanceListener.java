package dev.tollgate.gateway.ledger;

import dev.tollgate.gateway.account.Project;

/**
 * Hears that a project has little left, such as to ask its owner for more. Called on a thread of
 * the gateway's, which may be kept for a while; what it throws is logged.
 */
@FunctionalInterface
public interface BalanceListener {
  /**
   * What a project has available fell below the threshold. Told once by each gateway, and again
   * only when a later request of the project found more.
   *
   * @param project as it was at its last request
   * @param available what it may spend; perhaps less than nothing
   */
  void onLowBalance(Project project, Money available);
}
