package dev.tollgate.gateway.ledger;

import org.jspecify.annotations.Nullable;

/**
 * The outcome of a credit.
 *
 * @param balance the project's balance after the call
 * @param correction what the credit was to correct, before the call; null: it names no entry of the
 *     project
 */
public record CreditOutcome(Result result, Balance balance, @Nullable Correction correction) {
  /** The outcome of a credit that corrects no entry. */
  public CreditOutcome(Result result, Balance balance) {
    this(result, balance, null);
  }

  /**
   * Decides the outcome of a credit, for a {@link Ledger}.
   *
   * @param booked the project's entry with the id of the credit; null: there is none
   * @param correction of the entry that the credit corrects; null: the project has no such entry,
   *     or the credit corrects none
   * @param available the amount that the project may spend
   */
  public static Result decide(
      Credit credit, @Nullable Entry booked, @Nullable Correction correction, Money available) {
    if (booked != null) {
      return isRepeat(credit, booked) ? Result.REPEATED : Result.ID_TAKEN;
    }
    if (credit.corrects() != null) {
      if (correction == null) {
        return Result.NO_SUCH_ENTRY;
      }
      if (!correction.isPossible()) {
        return Result.NOT_CORRECTABLE;
      }
      if (!correction.allows(credit.amount())) {
        return Result.BEYOND_ENTRY;
      }
    }
    return credit.amount().isNegative() && available.plus(credit.amount()).isNegative()
        ? Result.BELOW_HELD
        : Result.BOOKED;
  }

  private static boolean isRepeat(Credit credit, Entry booked) {
    String corrects = credit.corrects() == null ? "" : credit.corrects();
    return booked.kind() == Entry.Kind.CREDIT
        && booked.amount().compareTo(credit.amount()) == 0
        && booked.corrects().equals(corrects);
  }

  /** The possible outcomes. */
  public enum Result {
    /** The credit was booked by this call. */
    BOOKED,
    /** The same credit was booked before; nothing has changed. */
    REPEATED,
    /**
     * The project has an entry with this id that is another kind, amount or correction; nothing has
     * changed.
     */
    ID_TAKEN,
    /** The credit is negative and exceeds the available balance; nothing has changed. */
    BELOW_HELD,
    /** The project has no entry with the id that the credit corrects; nothing has changed. */
    NO_SUCH_ENTRY,
    /** The entry cannot be corrected, see {@link Correction#isPossible}; nothing has changed. */
    NOT_CORRECTABLE,
    /** The sum of the entry's corrections would exceed the entry; nothing has changed. */
    BEYOND_ENTRY
  }
}
