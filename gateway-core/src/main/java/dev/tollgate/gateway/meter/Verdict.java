package dev.tollgate.gateway.meter;

import dev.tollgate.gateway.ledger.Capture;
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

  /** The cost has to be asked for. */
  record Await(Money amount, Money estimate) implements Verdict {}

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
    /** As it is said to the ledger. */
    public Capture of(String holdId, @Nullable String generationId, Instant at) {
      return new Capture(holdId, cost, charge, literal, flags, tokens, model, generationId, at);
    }
  }
}
