package dev.tollgate.gateway.ledger;

/**
 * What became of a credit.
 *
 * @param balance the project's balance afterwards
 */
public record CreditOutcome(Result result, Balance balance) {
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
