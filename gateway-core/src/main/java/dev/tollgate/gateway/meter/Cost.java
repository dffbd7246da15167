package dev.tollgate.gateway.meter;

import dev.tollgate.gateway.ledger.Flag;
import java.math.BigDecimal;
import java.util.Optional;

/** What an upstream said about the cost of an answer. */
public sealed interface Cost {
  /** How many characters are kept of what the upstream wrote. */
  int LITERAL_CHARACTERS = 200;

  /** The largest cap there is: what {@link dev.tollgate.gateway.ledger.Money} holds, about. */
  BigDecimal LARGEST = BigDecimal.valueOf(9_000_000_000L);

  /** How many digits of a number of ticks are behind the point of dollars. */
  int TICK_DIGITS = 10;

  /** The cost as the upstream wrote it, cut to {@link #LITERAL_CHARACTERS}; possibly empty. */
  String literal();

  /**
   * A cost that can be charged.
   *
   * @param dollars zero or more; of at most 40 decimals, so that arithmetic is cheap. Equal to what
   *     was written, or, below the 30th decimal, a little above
   */
  record Known(BigDecimal dollars, String literal) implements Cost {
    /** Checks the amount. */
    public Known {
      if (dollars.signum() < 0) {
        throw new IllegalArgumentException("a known cost is zero or more");
      }
    }
  }

  /**
   * A cost that must not be charged.
   *
   * @param flag why
   */
  record Invalid(Flag flag, String literal) implements Cost {}

  /** No cost, or none that can be read. */
  record Missing(String literal) implements Cost {
    /** Whether something was there: {@link Flag#UNREADABLE_COST}. */
    public boolean isUnreadable() {
      return !literal.isEmpty();
    }
  }

  /**
   * The cost that a JSON number says; {@code NaN} and {@code Infinity} count as numbers.
   *
   * @param cap in dollars; what is above it is absurd
   */
  static Cost of(String literal, BigDecimal cap) {
    return of(literal, 0, cap);
  }

  /**
   * The cost that a number of ticks says, as xAI names it: 10^10 ticks are a dollar.
   *
   * @param cap in dollars; what is above it is absurd
   */
  static Cost ofTicks(String literal, BigDecimal cap) {
    return of(literal, TICK_DIGITS, cap);
  }

  private static Cost of(String literal, int decimals, BigDecimal cap) {
    String kept = Text.bounded(literal, LITERAL_CHARACTERS);
    if (literal.endsWith("NaN") || literal.endsWith("INF") || literal.endsWith("Infinity")) {
      return new Invalid(Flag.NOT_FINITE_COST, kept);
    }
    Optional<BigDecimal> dollars = Decimal.read(literal);
    return dollars.isPresent()
        ? ofDollars(dollars.get().movePointLeft(decimals), kept, cap)
        : unreadable(literal);
  }

  /** The same with what the upstream wrote in place of the number alone. */
  default Cost withLiteral(String text) {
    String kept = Text.bounded(text, LITERAL_CHARACTERS);
    if (this instanceof Known known) {
      return new Known(known.dollars(), kept);
    }
    return this instanceof Invalid invalid ? new Invalid(invalid.flag(), kept) : new Missing(kept);
  }

  /** Nothing was said. */
  static Cost none() {
    return new Missing("");
  }

  /** A cost that was there and no number. */
  static Cost unreadable(String text) {
    return new Missing(text.isEmpty() ? "\"\"" : Text.bounded(text, LITERAL_CHARACTERS));
  }

  /**
   * This and what the answer cost on a key of the customer's own. Of the two an invalid one decides
   * over the sum, so that it is flagged and not dropped; a missing one adds nothing.
   */
  default Cost plusUpstream(Cost upstream, BigDecimal cap) {
    if (!(this instanceof Known known) || upstream instanceof Missing) {
      return this;
    }
    String literals = Text.bounded(literal() + "+" + upstream.literal(), LITERAL_CHARACTERS);
    if (upstream instanceof Invalid invalid) {
      return new Invalid(invalid.flag(), literals);
    }
    return ofDollars(known.dollars().add(((Known) upstream).dollars()), literals, cap);
  }

  private static Cost ofDollars(BigDecimal dollars, String literal, BigDecimal cap) {
    if (dollars.signum() < 0) {
      return new Invalid(Flag.NEGATIVE_COST, literal);
    }
    return dollars.compareTo(cap.min(LARGEST)) > 0
        ? new Invalid(Flag.ABSURD_COST, literal)
        : new Known(dollars, literal);
  }
}
