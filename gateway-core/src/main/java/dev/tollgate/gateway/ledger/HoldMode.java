package dev.tollgate.gateway.ledger;

/** How much of a request's estimated charge must be there before it is sent. */
public enum HoldMode {
  /**
   * Any positive available balance admits a request, and the hold is cut to what is available. A
   * charge above the hold is an overrun: it is charged, and recorded as such.
   */
  BOUNDED,
  /**
   * The whole hold must be available. The project is never charged more than its hold and never
   * falls below zero; what is left over is the operator's shortfall.
   */
  STRICT
}
