package dev.tollgate.gateway.ledger;

import java.time.Instant;
import java.util.Locale;
import java.util.Set;

/**
 * One entry of the ledger. Entries are never changed or removed.
 *
 * @param id unique in the project: the caller's id for a credit, the request's id for a charge
 * @param amount the amount credited or charged; for a {@link Kind#SHORTFALL} the amount not charged
 * @param cost the upstream's cost, rounded up; zero for a credit or a shortfall
 * @param overrun the part of a charge that exceeds its hold
 * @param literal the cost as the upstream wrote it; possibly empty
 * @param flags flags that mark the charge as unusual; possibly empty
 * @param keyId the API key of the request; empty for a credit
 * @param model the model that answered; possibly empty
 * @param generationId the upstream's id of the answer; possibly empty
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
    String model,
    String generationId,
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

  /** The entry for a credit. */
  public static Entry of(Credit credit) {
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
        "",
        "",
        "",
        credit.note(),
        credit.at());
  }
}
