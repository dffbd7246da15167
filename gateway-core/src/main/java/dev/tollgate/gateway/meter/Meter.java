package dev.tollgate.gateway.meter;

import dev.tollgate.gateway.account.Markup;
import dev.tollgate.gateway.ledger.Fallback;
import dev.tollgate.gateway.ledger.Flag;
import dev.tollgate.gateway.ledger.Hold;
import dev.tollgate.gateway.ledger.HoldMode;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Tokens;
import java.math.BigDecimal;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Decides how much is held for a request, and how much is charged for its answer. This class
 * implements the table in {@code docs/money.md}:
 *
 * <pre>
 *   nothing sent, or refused without usage          Release
 *   complete, and the cost stated                   Charge: the cost
 *   the upstream can be asked                       Await
 *   complete, and the tokens stated                 Charge: tokens at their prices (estimated)
 *   the cost stated                                 Charge: the cost; if broken off, unresolved
 *   else                                            Charge: the operator's setting (unresolved)
 * </pre>
 *
 * Immutable except for the price book; safe for use by many threads.
 */
public final class Meter {
  private final PriceBook prices;
  private final MeterOptions options;
  private final HoldEstimator estimator;
  private final BigDecimal cap;

  /**
   * @param prices the prices of the models
   */
  public Meter(PriceBook prices, MeterOptions options) {
    this.prices = prices;
    this.options = options;
    this.estimator = new HoldEstimator(prices, options);
    this.cap = options.maxCost().dollars();
  }

  /** How much of an estimate must be available before a request is sent. */
  public HoldMode mode() {
    return options.mode();
  }

  /** Whether the upstream can be asked for the cost of a generation. */
  public boolean asksForGenerations() {
    return options.generations();
  }

  /** Whether a quote needs the prices of each model's endpoints. */
  public boolean needsEndpoints() {
    return options.mode() == HoldMode.STRICT && options.generations();
  }

  /** Whether the price of a model is known. */
  public boolean isPriced(String model) {
    return prices.find(model).isPresent();
  }

  /** Whether some requests may need no balance. */
  public boolean mayBeFree() {
    return prices.hasFree(options.generations());
  }

  /**
   * The possible cost of a request.
   *
   * @param endpointPrices the highest price of each model's endpoints, empty if it is not known; a
   *     model that is not in the map has its price in the list
   */
  public Quote quote(
      RequestSketch sketch,
      RequestKind kind,
      Markup markup,
      Map<String, Optional<ModelPrice>> endpointPrices) {
    return estimator.quote(sketch, kind, markup, endpointPrices);
  }

  /** A new tap that reads the usage and cost from an answer. */
  public UsageTap tap(
      RequestKind kind, @Nullable String contentType, @Nullable String contentEncoding) {
    return UsageTap.of(kind, contentType, contentEncoding, cap);
  }

  /**
   * Decides the outcome of a hold.
   *
   * @param quote the quote that the hold was based on
   * @param held the amount held
   */
  public Verdict verdict(Quote.Estimated quote, Money held, Markup markup, Ending ending) {
    return new AnswerVerdict(prices, options, quote, held, markup, ending).verdict();
  }

  /**
   * The charge for a pending hold, from the upstream's answer about its generation.
   *
   * @param generation the body of {@code GET /generation}
   * @return empty if the body does not state the cost
   */
  public Optional<Verdict.Charge> settle(Hold hold, byte[] generation) {
    Generation found = Generation.read(generation, cap).orElse(null);
    if (found == null) {
      return Optional.empty();
    }
    Tokens tokens = found.tokens().input() < 0 ? hold.fallback().tokens() : found.tokens();
    String model = found.model().isEmpty() ? null : found.model();
    return Optional.ofNullable(
        Charges.named(
            found.cost(), Set.of(), tokens, hold.amount(), hold.request().markup(), model));
  }

  /** The charge for a pending hold whose cost will never be known. */
  public Verdict.Charge giveUp(Hold hold) {
    Fallback fallback = hold.fallback();
    if (fallback.source() == Fallback.Source.ESTIMATE) {
      return Charges.unresolved(options, hold.amount(), fallback.charge(), fallback.tokens(), null);
    }
    Set<Flag> flags = EnumSet.of(Flag.UNRESOLVED);
    flags.addAll(fallback.flags());
    return new Verdict.Charge(
        fallback.cost(), fallback.charge(), fallback.literal(), flags, fallback.tokens(), null);
  }
}
