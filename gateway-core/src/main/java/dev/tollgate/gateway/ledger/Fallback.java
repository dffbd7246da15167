package dev.tollgate.gateway.ledger;

import java.util.Set;

/**
 * The charge for a pending hold if no look-up ever finds its cost.
 *
 * @param source the data that the charge was computed from
 * @param cost the upstream's cost; zero unless the answer stated the cost or the tokens
 * @param charge the amount that the project is charged, markup included; zero or more
 * @param literal the cost as the upstream wrote it; empty if it wrote none
 * @param flags flags that mark the charge as unusual; possibly empty. {@link Flag#UNRESOLVED} is
 *     added when the fallback is charged
 * @param tokens the tokens that the answer stated
 */
public record Fallback(
    Source source, Money cost, Money charge, String literal, Set<Flag> flags, Tokens tokens) {
  /** The data that a fallback was computed from. */
  public enum Source {
    /** An estimate; {@code tollgate.settle.unresolved} decides whether it is charged. */
    ESTIMATE,
    /** The tokens that the answer stated, at their prices. */
    TOKENS,
    /** The cost that the answer stated. */
    COST
  }

  /** Copies the flags and checks the amounts. */
  public Fallback {
    if (cost.isNegative() || charge.isNegative()) {
      throw new IllegalArgumentException("cost and charge must not be negative");
    }
    flags = Set.copyOf(flags);
  }

  /** A fallback to an estimate, when the upstream stated neither cost nor tokens. */
  public static Fallback estimate(Money charge) {
    return estimate(charge, Tokens.NONE);
  }

  /** A fallback to an estimate, when the upstream stated only some of the tokens. */
  public static Fallback estimate(Money charge, Tokens tokens) {
    return new Fallback(Source.ESTIMATE, Money.ZERO, charge, "", Set.of(), tokens);
  }
}
