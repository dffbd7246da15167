package dev.tollgate.gateway.ledger;

import org.jspecify.annotations.Nullable;

/**
 * The outcome of a credit.
 *
 * @param balance the project's balance after the call
 */
public record CreditOutcome(Result result, Balance balance) {
  /**
   * Decides the outcome of a credit, for a {@link Ledger}.
   *
   * @param booked the project's entry with the id of the credit; null: there is none
   * @param available the amount that the project may spend
   */
  public static Result decide(Credit credit, @Nullable Entry booked, Money available) {
    if (booked != null) {
      boolean same =
          booked.kind() == Entry.Kind.CREDIT && booked.amount().compareTo(credit.amount()) == 0;
      return same ? Result.REPEATED : Result.ID_TAKEN;
    }
    return credit.amount().isNegative() && available.plus(credit.amount()).isNegative()
        ? Result.BELOW_HELD
        : Result.BOOKED;
  }

  /** The possible outcomes. */
  public enum Result {
    /** The credit was booked by this call. */
    BOOKED,
    /** The same credit was booked before; nothing has changed. */
    REPEATED,
    /**
     * The project has an entry with this id that is another kind or amount; nothing has changed.
     */
    ID_TAKEN,
    /** The correction exceeds the available balance; nothing has changed. */
    BELOW_HELD
  }
}
