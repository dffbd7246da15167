package dev.tollgate.gateway.ledger;

import java.time.Instant;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One entry of the ledger. Entries are never changed or removed.
 *
 * @param id unique in the project: the caller's id for a credit, the request's id for a charge
 * @param amount the amount credited or charged; for a {@link Kind#SHORTFALL} the amount not charged
 * @param cost the upstream's cost, rounded up; zero for a credit or a shortfall
 * @param overrun the part of a charge that exceeds its hold
 * @param literal the cost as the upstream wrote it; possibly empty
 * @param flags flags that mark the charge as unusual; possibly empty
 * @param keyId the API key of the request, also of a corrected request; empty for other credits
 * @param endUser the project's own user who made the request, see {@link EndUser}; empty: not named
 * @param model the model that answered; possibly empty
 * @param generationId the upstream's id of the answer; possibly empty
 * @param corrects the id of the entry that a credit corrects; empty: it corrects none
 * @param refund the amount of a credit that corrects a charge; zero for any other entry
 * @param note free text for people; possibly empty
 */
public record Entry(
    String projectId,
    String id,
    Kind kind,
    Money amount,
    Money cost,
    Money overrun,
    String literal,
    Set<Flag> flags,
    Tokens tokens,
    String keyId,
    String endUser,
    String model,
    String generationId,
    String corrects,
    Money refund,
    String note,
    Instant at) {
  /** The kind of an entry. */
  public enum Kind {
    /** The operator gave money to the project, or took money back. */
    CREDIT,
    /** A request was charged. */
    CHARGE,
    /**
     * The part of a charge that the operator bears in {@link HoldMode#STRICT}; not in the balance.
     */
    SHORTFALL,
    /**
     * A second, different capture of a hold that had already ended; does not change the balance.
     */
    LATE;

    /** The name as stored and shown. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * The entry for a credit.
   *
   * @param corrected the entry that the credit corrects; null: it corrects none
   */
  public static Entry of(Credit credit, @Nullable Entry corrected) {
    Entry charge = corrected != null && corrected.kind() == Kind.CHARGE ? corrected : null;
    return new Entry(
        credit.projectId(),
        credit.id(),
        Kind.CREDIT,
        credit.amount(),
        Money.ZERO,
        Money.ZERO,
        "",
        Set.of(),
        Tokens.NONE,
        charge == null ? "" : charge.keyId(),
        charge == null ? "" : charge.endUser(),
        charge == null ? "" : charge.model(),
        "",
        corrected == null ? "" : corrected.id(),
        charge == null ? Money.ZERO : credit.amount(),
        credit.note(),
        credit.at());
  }
}
