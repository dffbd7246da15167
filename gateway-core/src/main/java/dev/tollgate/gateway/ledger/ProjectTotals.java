package dev.tollgate.gateway.ledger;

/**
 * Sums of all that was credited to, charged to and is held for a project.
 *
 * @param credits all credits and corrections
 * @param charges all charges; zero or more
 * @param loaned see {@link Balance#loaned}
 */
public record ProjectTotals(Money credits, Money charges, Money loaned) {
  /** Of a project without any entry. */
  public static final ProjectTotals NOTHING = new ProjectTotals(Money.ZERO, Money.ZERO, Money.ZERO);

  /** What the project has. */
  public Balance balance() {
    return new Balance(credits.minus(charges), loaned);
  }
}
