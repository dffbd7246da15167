package dev.tollgate.gateway.ledger;

/** How much of a request's estimated charge must be available before the request is sent. */
public enum HoldMode {
  /**
   * Any positive available balance admits a request, and the hold is reduced to that balance. A
   * charge above the hold is an overrun: it is charged, and recorded as an overrun.
   */
  BOUNDED,
  /**
   * The whole hold must be available. The project is never charged more than its hold and never
   * falls below zero; the operator bears the shortfall.
   */
  STRICT
}
