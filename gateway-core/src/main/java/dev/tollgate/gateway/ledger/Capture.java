package dev.tollgate.gateway.ledger;

import java.time.Instant;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The end of a hold: what the request cost and what the project is charged for it.
 *
 * @param holdId whose end it is
 * @param cost the upstream's cost, rounded up; zero where it is not known
 * @param charge what the project is to be charged; zero or more. In {@link HoldMode#STRICT} the
 *     ledger charges less where the hold does not cover it
 * @param literal the cost as the upstream wrote it; empty if it wrote none
 * @param flags what is special about it
 * @param model the model that answered; null: the one of the hold
 * @param generationId the upstream's id of the answer; null: the one that was recorded, if any
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
   * The end that an operator decides on.
   *
   * @param hold whose end it is
   * @param charge what the project is charged
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
      throw new IllegalArgumentException("a cost and a charge are zero or more");
    }
    flags = flags.isEmpty() ? Set.of() : Set.copyOf(EnumSet.copyOf(flags));
  }
}
