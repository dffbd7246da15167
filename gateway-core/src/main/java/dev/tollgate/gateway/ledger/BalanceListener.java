package dev.tollgate.gateway.ledger;

import dev.tollgate.gateway.account.Project;

/**
 * Listener for projects that run low on money, for example to ask the owner to top up. Called on a
 * gateway thread, which the listener may block for a while. Exceptions are logged.
 */
@FunctionalInterface
public interface BalanceListener {
  /**
   * Called when a project's available balance falls below the threshold. Each gateway calls this
   * once, and again only after a later request of the project found the balance at or above the
   * threshold.
   *
   * @param project the project as its last request saw it
   * @param available the amount that the project may spend; may be negative
   */
  void onLowBalance(Project project, Money available);
}
