package dev.tollgate.gateway.meter;

import dev.tollgate.gateway.ledger.Flag;
import java.math.BigDecimal;
import java.util.Optional;

/** The cost of an answer, as the upstream stated it. */
public sealed interface Cost {
  /** The maximum number of characters kept of the upstream's text. */
  int LITERAL_CHARACTERS = 200;

  /** The largest allowed cap, close to the range of {@link dev.tollgate.gateway.ledger.Money}. */
  BigDecimal LARGEST = BigDecimal.valueOf(9_000_000_000L);

  /** The decimal exponent of a tick: 10^10 ticks are a dollar. */
  int TICK_DIGITS = 10;

  /** The cost as the upstream wrote it, cut to {@link #LITERAL_CHARACTERS}; possibly empty. */
  String literal();

  /**
   * A cost that can be charged.
   *
   * @param dollars zero or more, with at most 40 decimals so that arithmetic is cheap. Equal to the
   *     written value, or rounded up after the 30th decimal
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

  /** No cost, or a cost that cannot be read. */
  record Missing(String literal) implements Cost {
    /** Whether the upstream wrote something: {@link Flag#UNREADABLE_COST}. */
    public boolean isUnreadable() {
      return !literal.isEmpty();
    }
  }

  /**
   * Reads a cost from a JSON number; {@code NaN} and {@code Infinity} count as numbers.
   *
   * @param cap in dollars; a cost above it is absurd
   */
  static Cost of(String literal, BigDecimal cap) {
    return of(literal, 0, cap);
  }

  /**
   * Reads a cost from a number of ticks, the unit of xAI: 10^10 ticks are a dollar.
   *
   * @param cap in dollars; a cost above it is absurd
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

  /** This cost with another literal: the whole text of the upstream instead of the number alone. */
  default Cost withLiteral(String text) {
    String kept = Text.bounded(text, LITERAL_CHARACTERS);
    if (this instanceof Known known) {
      return new Known(known.dollars(), kept);
    }
    return this instanceof Invalid invalid ? new Invalid(invalid.flag(), kept) : new Missing(kept);
  }

  /** The upstream stated no cost. */
  static Cost none() {
    return new Missing("");
  }

  /** A cost that is present but not a number. */
  static Cost unreadable(String text) {
    return new Missing(text.isEmpty() ? "\"\"" : Text.bounded(text, LITERAL_CHARACTERS));
  }

  /**
   * The sum of this cost and the cost on the customer's own provider key. If one of the two is
   * invalid, the sum is invalid, so that the cost is flagged and not dropped. A missing upstream
   * cost adds nothing.
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
