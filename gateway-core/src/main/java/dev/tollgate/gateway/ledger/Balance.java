package dev.tollgate.gateway.ledger;

/**
 * What a project has.
 *
 * @param total credits less charges
 * @param loaned held for requests that are not settled yet; zero or more
 */
public record Balance(Money total, Money loaned) {
  /** What a new request may spend. */
  public Money available() {
    return total.minus(loaned);
  }
}
