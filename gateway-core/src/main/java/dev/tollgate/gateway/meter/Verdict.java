package dev.tollgate.gateway.meter;

import dev.tollgate.gateway.ledger.Capture;
import dev.tollgate.gateway.ledger.Fallback;
import dev.tollgate.gateway.ledger.Flag;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Tokens;
import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What becomes of a hold when its request is over. */
public sealed interface Verdict {
  /** Nothing is charged. */
  record Release() implements Verdict {}

  /**
   * The upstream has to be asked for the cost.
   *
   * @param amount what stays held until then
   * @param fallback what is charged if it never names the cost
   */
  record Await(Money amount, Fallback fallback) implements Verdict {}

  /**
   * The project is charged. The components are those of {@link Capture}.
   *
   * @param model null: not known
   */
  record Charge(
      Money cost,
      Money charge,
      String literal,
      Set<Flag> flags,
      Tokens tokens,
      @Nullable String model)
      implements Verdict {
    /** As it is given to the ledger. */
    public Capture of(String holdId, @Nullable String generationId, Instant at) {
      return new Capture(holdId, cost, charge, literal, flags, tokens, model, generationId, at);
    }
  }
}
