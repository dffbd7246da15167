package dev.tollgate.gateway.meter;

import dev.tollgate.gateway.ledger.Capture;
import dev.tollgate.gateway.ledger.Fallback;
import dev.tollgate.gateway.ledger.Flag;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Tokens;
import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The outcome of a hold when its request has ended. */
public sealed interface Verdict {
  /** Nothing is charged. */
  record Release() implements Verdict {}

  /**
   * The upstream must be asked for the cost.
   *
   * @param amount the amount held until then
   * @param fallback the charge if the upstream never states the cost
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
    /** The capture for the ledger. */
    public Capture of(String holdId, @Nullable String generationId, Instant at) {
      return new Capture(holdId, cost, charge, literal, flags, tokens, model, generationId, at);
    }
  }
}
