package dev.tollgate.gateway.meter;

import dev.tollgate.gateway.account.Markup;
import dev.tollgate.gateway.ledger.Fallback;
import dev.tollgate.gateway.ledger.Flag;
import dev.tollgate.gateway.ledger.Hold;
import dev.tollgate.gateway.ledger.HoldMode;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Tokens;
import dev.tollgate.gateway.meter.Ending.Cause;
import dev.tollgate.gateway.meter.Quote.RequestFacts;
import dev.tollgate.gateway.meter.Reading.Delivered;
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
  private static final Delivered NOTHING = new Delivered(0, 0, 0);

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
    return new Answer(quote, held, markup, ending).verdict();
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
        named(found.cost(), Set.of(), tokens, hold.amount(), hold.request().markup(), model));
  }

  /** The charge for a pending hold whose cost will never be known. */
  public Verdict.Charge giveUp(Hold hold) {
    Fallback fallback = hold.fallback();
    if (fallback.source() == Fallback.Source.ESTIMATE) {
      return unresolved(hold.amount(), fallback.charge(), fallback.tokens(), null);
    }
    Set<Flag> flags = EnumSet.of(Flag.UNRESOLVED);
    flags.addAll(fallback.flags());
    return new Verdict.Charge(
        fallback.cost(), fallback.charge(), fallback.literal(), flags, fallback.tokens(), null);
  }

  private Verdict.Charge unresolved(
      Money held, Money estimate, Tokens tokens, @Nullable String model) {
    Money charge =
        switch (options.unresolved()) {
          case ESTIMATE -> estimate;
          case HOLD -> held;
          case RELEASE -> Money.ZERO;
        };
    return new Verdict.Charge(Money.ZERO, charge, "", Set.of(Flag.UNRESOLVED), tokens, model);
  }

  /** The charge for a cost that the upstream stated; null if it stated none. */
  private static Verdict.@Nullable Charge named(
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

  private static Verdict.Charge charge(
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

  /** One answer that needs a verdict. */
  private final class Answer {
    private final Quote.Estimated quote;
    private final RequestFacts facts;
    private final Money held;
    private final Markup markup;
    private final Ending ending;
    private final @Nullable Reading reading;
    private final @Nullable Usage usage;
    private final Consumption consumed;
    private final @Nullable String model;
    private final @Nullable ModelPrice price;

    Answer(Quote.Estimated quote, Money held, Markup markup, Ending ending) {
      this.quote = quote;
      this.facts = quote.facts();
      this.held = held;
      this.markup = markup;
      this.ending = ending;
      this.reading = ending.reading();
      this.usage = reading == null ? null : reading.usage().orElse(null);
      this.consumed =
          usage == null ? Consumption.NONE : usage.consumption(facts.kind(), facts.promptTokens());
      this.model = reading == null ? null : reading.model().orElse(null);
      // The price of the model that answered. If the list does not have the upstream's spelling of
      // it, the price of the quote.
      this.price = model == null ? facts.price() : prices.find(model).orElse(facts.price());
    }

    Verdict verdict() {
      if (!ending.sent() || (ending.status() >= 300 && saysNothing())) {
        return new Verdict.Release();
      }
      boolean whole = reading != null && reading.whole();
      Verdict.Charge byCost = usage == null ? null : byCost(usage, whole);
      if (whole && byCost != null) {
        return byCost;
      }
      Verdict.Charge byTokens = whole && usage != null ? byTokens(usage) : null;
      if (options.generations() && ending.generationId() != null) {
        return new Verdict.Await(pendingAmount(), fallback(byCost, byTokens));
      }
      if (byCost != null) {
        return byCost;
      }
      return byTokens == null ? unresolved(held, estimate(), consumed.tokens(), model) : byTokens;
    }

    private boolean saysNothing() {
      return usage == null
          || (usage.cost() instanceof Cost.Missing
              && consumed.tokens().input() <= 0
              && consumed.tokens().output() <= 0);
    }

    private Verdict.@Nullable Charge byCost(Usage named, boolean whole) {
      boolean broken = !whole && ending.cause() != Cause.COMPLETE;
      Set<Flag> flags = broken ? Set.of(Flag.UNRESOLVED) : Set.of();
      return named(named.cost(), flags, consumed.tokens(), held, markup, model);
    }

    /**
     * Null if the tokens are not stated, if there is no price, or if the result exceeds the cap.
     */
    private Verdict.@Nullable Charge byTokens(Usage named) {
      if (price == null || !consumed.isNamed()) {
        return null;
      }
      BigDecimal dollars = Pricing.cost(price, consumed, facts.pictures());
      if (dollars.compareTo(cap) > 0) {
        return null;
      }
      Set<Flag> flags = EnumSet.of(Flag.ESTIMATED);
      if (named.cost() instanceof Cost.Missing missing && missing.isUnreadable()) {
        flags.add(Flag.UNREADABLE_COST);
      }
      return charge(dollars, named.cost().literal(), flags, consumed.tokens(), held, markup, model);
    }

    private Fallback fallback(Verdict.@Nullable Charge byCost, Verdict.@Nullable Charge byTokens) {
      if (byCost != null) {
        return fallback(Fallback.Source.COST, byCost);
      }
      return byTokens == null
          ? Fallback.estimate(estimate(), consumed.tokens())
          : fallback(Fallback.Source.TOKENS, byTokens);
    }

    private static Fallback fallback(Fallback.Source source, Verdict.Charge charge) {
      return new Fallback(
          source,
          charge.cost(),
          charge.charge(),
          charge.literal(),
          charge.flags(),
          charge.tokens());
    }

    /**
     * The amount to hold while the cost is pending. A pending hold is an upper bound and keeps its
     * amount, so that no dollar is spent twice. The only exception: the upstream ended the answer
     * with an error, and neither delivered nor reported any output. Such an answer cannot have cost
     * more than the prompt.
     */
    private Money pendingAmount() {
      boolean failed =
          reading != null
              && reading.error()
              && reading.delivered().isNothing()
              && consumed.tokens().output() <= 0
              && (ending.cause() == Cause.COMPLETE || ending.cause() == Cause.UPSTREAM_FAILED);
      return failed ? held.min(quote.promptHold()) : held;
    }

    /** The estimated charge for the delivered output. */
    private Money estimate() {
      boolean headerSeen = ending.status() != 0;
      if (!headerSeen && ending.cause() == Cause.UPSTREAM_FAILED) {
        return Money.ZERO;
      }
      if (price == null) {
        return held;
      }
      Tokens named = consumed.tokens();
      Delivered delivered = reading == null ? NOTHING : reading.delivered();
      long output =
          facts.kind().generates()
              ? Math.max(
                  Math.max(0, named.output()), Math.min(delivered.tokens(), facts.mostOutput()))
              : 0;
      long input = named.input() > 0 ? named.input() : facts.promptTokens();
      Tokens all = new Tokens(input, named.cached(), named.cacheWrite(), output, named.reasoning());
      Consumption estimated = new Consumption(all, consumed.audioInput(), consumed.webSearches());
      BigDecimal dollars = Pricing.cost(price, estimated, facts.pictures());
      // If the tokens cost more than the cap, they are not trusted either.
      return dollars.compareTo(cap) > 0 ? held : Money.saturated(markup.on(dollars));
    }
  }
}
