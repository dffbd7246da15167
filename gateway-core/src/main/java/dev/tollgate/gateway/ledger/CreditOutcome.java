package dev.tollgate.gateway.ledger;

import org.jspecify.annotations.Nullable;

/**
 * What became of a credit.
 *
 * @param balance the project's balance afterwards
 */
public record CreditOutcome(Result result, Balance balance) {
  /**
   * Decides what becomes of a credit, for a {@link Ledger}.
   *
   * @param booked the entry that has the credit's id in its project; null: there is none
   * @param available what the project may spend
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

  /** The ways it can end. */
  public enum Result {
    /** It was booked now. */
    BOOKED,
    /** The same credit was booked before; nothing has changed. */
    REPEATED,
    /** Its id was used in this project, for another amount; nothing has changed. */
    ID_TAKEN,
    /** A correction that would leave less than what is held; nothing has changed. */
    BELOW_HELD
  }
}
