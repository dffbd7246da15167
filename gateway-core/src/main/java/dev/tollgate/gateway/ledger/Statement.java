package dev.tollgate.gateway.ledger;

/**
 * The sums of a project's books.
 *
 * @param credits all credits and corrections
 * @param charges all charges; zero or more
 * @param loaned see {@link Balance#loaned}
 */
public record Statement(Money credits, Money charges, Money loaned) {
  /** Of a project without any entry. */
  public static final Statement NOTHING = new Statement(Money.ZERO, Money.ZERO, Money.ZERO);

  /** What the project has. */
  public Balance balance() {
    return new Balance(credits.minus(charges), loaned);
  }
}
