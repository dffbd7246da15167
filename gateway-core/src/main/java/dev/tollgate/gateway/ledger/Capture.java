package dev.tollgate.gateway.ledger;

import java.time.Instant;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The end of a hold: the cost of the request, and the charge to the project.
 *
 * @param holdId the hold to end
 * @param cost the upstream's cost, rounded up; zero if unknown
 * @param charge the amount to charge the project; zero or more. In {@link HoldMode#STRICT} the
 *     ledger charges less if the hold does not cover this amount
 * @param literal the cost as the upstream wrote it; empty if it wrote none
 * @param flags flags that mark the charge as unusual; possibly empty
 * @param model the model that answered; null: the model of the hold
 * @param generationId the upstream's id of the answer; null: the recorded id, if any
 */
public record Capture(
    String holdId,
    Money cost,
    Money charge,
    String literal,
    Set<Flag> flags,
    Tokens tokens,
    @Nullable String model,
    @Nullable String generationId,
    Instant at) {
  /**
   * A capture that an operator decides on.
   *
   * @param hold the hold to end
   * @param charge the amount that the project is charged
   */
  public static Capture byHand(Hold hold, Money charge, Instant at) {
    return new Capture(
        hold.id(),
        Money.ZERO,
        charge,
        "",
        Set.of(Flag.UNRESOLVED),
        hold.fallback().tokens(),
        null,
        null,
        at);
  }

  /** Copies the flags and checks the amounts. */
  public Capture {
    if (cost.isNegative() || charge.isNegative()) {
      throw new IllegalArgumentException("cost and charge must not be negative");
    }
    flags = flags.isEmpty() ? Set.of() : Set.copyOf(EnumSet.copyOf(flags));
  }
}
