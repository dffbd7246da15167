package dev.tollgate.gateway.ledger;

import java.time.Instant;
import java.util.Locale;
import java.util.Set;

/**
 * One line of the books. Never changed, never removed.
 *
 * @param id unique in the project: the caller's for a credit, the request's for a charge
 * @param amount what was credited or charged; of a {@link Kind#SHORTFALL} what was not
 * @param cost the upstream's cost, rounded up; zero of a credit or a shortfall
 * @param overrun how much of a charge was above its hold
 * @param literal the cost as the upstream wrote it; possibly empty
 * @param flags what is special about it
 * @param keyId the API key of the request; empty for a credit
 * @param model the model that answered; possibly empty
 * @param generationId the upstream's id of the answer; possibly empty
 * @param note for people; possibly empty
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
  /** What a line is about. */
  public enum Kind {
    /** The operator gave, or took back. */
    CREDIT,
    /** A request was charged. */
    CHARGE,
    /** What the operator bears of a request in {@link HoldMode#STRICT}; not in the balance. */
    SHORTFALL,
    /** A second, different answer about a request that had been charged; changes nothing. */
    LATE;

    /** As it is stored and shown. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** The line of a credit. */
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
