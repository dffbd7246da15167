package dev.tollgate.gateway.ledger;

/**
 * The balance of a project.
 *
 * @param total credits minus charges
 * @param loaned the sum of the open and pending holds; zero or more
 */
public record Balance(Money total, Money loaned) {
  /** The amount that a new request may spend. */
  public Money available() {
    return total.minus(loaned);
  }
}
