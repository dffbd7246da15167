package dev.tollgate.gateway.ledger;

/**
 * The sums of a project's credits, charges and holds.
 *
 * @param credits all credits and corrections
 * @param charges all charges; zero or more
 * @param loaned see {@link Balance#loaned}
 */
public record ProjectTotals(Money credits, Money charges, Money loaned) {
  /** The totals of a project without entries. */
  public static final ProjectTotals NOTHING = new ProjectTotals(Money.ZERO, Money.ZERO, Money.ZERO);

  /** The balance of the project. */
  public Balance balance() {
    return new Balance(credits.minus(charges), loaned);
  }
}
