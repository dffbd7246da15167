package dev.tollgate.gateway.meter;

import dev.tollgate.gateway.account.Markup;
import dev.tollgate.gateway.ledger.Flag;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Tokens;
import java.math.BigDecimal;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Makes charges out of costs. */
final class Charges {
  private Charges() {}

  /** The charge for a cost that was never found. */
  static Verdict.Charge unresolved(
      MeterOptions options, Money held, Money estimate, Tokens tokens, @Nullable String model) {
    Money charge =
        switch (options.unresolved()) {
          case ESTIMATE -> estimate;
          case HOLD -> held;
          case RELEASE -> Money.ZERO;
        };
    return new Verdict.Charge(Money.ZERO, charge, "", Set.of(Flag.UNRESOLVED), tokens, model);
  }

  /** The charge for a cost that the upstream stated; null if it stated none. */
  static Verdict.@Nullable Charge named(
      Cost cost,
      Set<Flag> flags,
      Tokens tokens,
      Money held,
      Markup markup,
      @Nullable String model) {
    if (cost instanceof Cost.Known known) {
      return charge(known.dollars(), known.literal(), flags, tokens, held, markup, model);
    }
    if (cost instanceof Cost.Invalid invalid) {
      // An invalid cost is never charged or ignored silently: the whole hold is charged, with a
      // flag.
      return new Verdict.Charge(
          Money.ZERO, held, invalid.literal(), and(flags, invalid.flag()), tokens, model);
    }
    return null;
  }

  static Verdict.Charge charge(
      BigDecimal dollars,
      String literal,
      Set<Flag> flags,
      Tokens tokens,
      Money held,
      Markup markup,
      @Nullable String model) {
    try {
      return new Verdict.Charge(
          Money.ceiling(dollars), Money.ceiling(markup.on(dollars)), literal, flags, tokens, model);
    } catch (ArithmeticException e) {
      // With the markup, the amount overflows.
      return new Verdict.Charge(
          Money.ZERO, held, literal, and(flags, Flag.ABSURD_COST), tokens, model);
    }
  }

  private static Set<Flag> and(Set<Flag> flags, Flag flag) {
    Set<Flag> all = EnumSet.of(flag);
    all.addAll(flags);
    return all;
  }
}
