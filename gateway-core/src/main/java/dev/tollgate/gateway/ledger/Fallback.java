package dev.tollgate.gateway.ledger;

import java.util.Set;

/**
 * What a pending hold is charged if no look-up ever names its cost.
 *
 * @param source what the charge was computed from
 * @param cost the upstream's cost; zero unless the answer named it or its tokens
 * @param charge what the project is charged, markup included; zero or more
 * @param literal the cost as the upstream wrote it; empty if it wrote none
 * @param flags what is special about the charge; {@link Flag#UNRESOLVED} is added when it is made
 * @param tokens those that the answer named
 */
public record Fallback(
    Source source, Money cost, Money charge, String literal, Set<Flag> flags, Tokens tokens) {
  /** What a fallback was computed from. */
  public enum Source {
    /** An estimate; {@code tollgate.settle.unresolved} decides whether it is charged. */
    ESTIMATE,
    /** The tokens that the answer named, at their prices. */
    TOKENS,
    /** The cost that the answer named. */
    COST
  }

  /** Copies the flags and checks the amounts. */
  public Fallback {
    if (cost.isNegative() || charge.isNegative()) {
      throw new IllegalArgumentException("cost and charge must not be negative");
    }
    flags = Set.copyOf(flags);
  }

  /** An estimate of the charge, with nothing named by the upstream. */
  public static Fallback estimate(Money charge) {
    return estimate(charge, Tokens.NONE);
  }

  /** An estimate of the charge, beside tokens that the upstream named in part. */
  public static Fallback estimate(Money charge, Tokens tokens) {
    return new Fallback(Source.ESTIMATE, Money.ZERO, charge, "", Set.of(), tokens);
  }
}
