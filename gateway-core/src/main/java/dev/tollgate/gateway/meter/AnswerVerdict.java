package dev.tollgate.gateway.meter;

import dev.tollgate.gateway.account.Markup;
import dev.tollgate.gateway.ledger.Fallback;
import dev.tollgate.gateway.ledger.Flag;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Tokens;
import dev.tollgate.gateway.meter.Ending.Cause;
import dev.tollgate.gateway.meter.Quote.RequestFacts;
import dev.tollgate.gateway.meter.Reading.Delivered;
import java.math.BigDecimal;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Decides the outcome of a hold from one answer, by the table of {@link Meter}. */
final class AnswerVerdict {
  private static final Delivered NOTHING = new Delivered(0, 0, 0);

  private final MeterOptions options;
  private final BigDecimal cap;
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

  AnswerVerdict(
      PriceBook prices,
      MeterOptions options,
      Quote.Estimated quote,
      Money held,
      Markup markup,
      Ending ending) {
    this.options = options;
    this.cap = options.maxCost().dollars();
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
    return byTokens == null
        ? Charges.unresolved(options, held, estimate(), consumed.tokens(), model)
        : byTokens;
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
    return Charges.named(named.cost(), flags, consumed.tokens(), held, markup, model);
  }

  /** Null if the tokens are not stated, if there is no price, or if the result exceeds the cap. */
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
    return Charges.charge(
        dollars, named.cost().literal(), flags, consumed.tokens(), held, markup, model);
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
        source, charge.cost(), charge.charge(), charge.literal(), charge.flags(), charge.tokens());
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
