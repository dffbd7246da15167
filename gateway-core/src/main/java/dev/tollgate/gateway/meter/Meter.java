package dev.tollgate.gateway.meter;

import dev.tollgate.gateway.account.Markup;
import dev.tollgate.gateway.ledger.Flag;
import dev.tollgate.gateway.ledger.Hold;
import dev.tollgate.gateway.ledger.HoldMode;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Tokens;
import java.math.BigDecimal;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Makes money of what was asked and answered. Immutable but for the price book; safe for use by
 * many threads.
 */
public final class Meter {
  /** English has about four bytes to a token, JSON and other scripts fewer. */
  private static final int BYTES_PER_TOKEN = 3;

  private static final int CHARACTERS_PER_TOKEN = 4;
  private static final Money LEAST = new Money(1);
  private static final Quote NO_MODEL =
      new Quote.Unbounded("body (holds are strict: a model must be named)");

  private final PriceBook prices;
  private final MeterOptions options;
  private final BigDecimal cap;

  /**
   * @param prices what models cost
   */
  public Meter(PriceBook prices, MeterOptions options) {
    this.prices = prices;
    this.options = options;
    this.cap = options.maxCost().dollars();
  }

  /** How much of an estimate must be there before a request is sent. */
  public HoldMode mode() {
    return options.mode();
  }

  /** What a request may cost: of several candidate models the dearest. */
  public Quote quote(RequestSketch sketch, RequestKind kind, Markup markup) {
    if (options.mode() == HoldMode.STRICT) {
      return strictQuote(sketch, kind, markup);
    }
    Quote.Estimated dearest = null;
    for (String model : sketch.models()) {
      ModelPrice price = prices.find(model).orElse(null);
      Quote.Estimated estimated =
          price == null
              ? unpriced(sketch, kind)
              : estimated(
                  price,
                  kind,
                  promptTokens(sketch),
                  sketch.maxTokens().orElse(options.defaultOutputTokens()),
                  sketch.n(),
                  markup);
      dearest = dearer(dearest, estimated);
    }
    return dearest == null ? unpriced(sketch, kind) : dearest;
  }

  private Quote strictQuote(RequestSketch sketch, RequestKind kind, Markup markup) {
    if (prices.isEmpty()) {
      return new Quote.NoPrices();
    }
    if (!sketch.readable() || sketch.models().isEmpty()) {
      return NO_MODEL;
    }
    if (sketch.extras()) {
      return new Quote.Unbounded("body (holds are strict: what it asks for has no known bound)");
    }
    Quote.Estimated dearest = null;
    for (String model : sketch.models()) {
      ModelPrice price = prices.find(model).orElse(null);
      long ceiling = price == null ? ModelPrice.UNKNOWN : price.ceiling();
      if (price == null || (kind.generates() && ceiling == ModelPrice.UNKNOWN)) {
        return new Quote.Unbounded("model (holds are strict: its price or limit is not known)");
      }
      // No tokenizer makes more tokens than there are bytes.
      long prompt =
          price.contextLength() == ModelPrice.UNKNOWN
              ? sketch.bodyBytes()
              : Math.min(sketch.bodyBytes(), price.contextLength());
      long output = Math.min(sketch.maxTokens().orElse(ceiling), ceiling);
      dearest = dearer(dearest, estimated(price, kind, prompt, output, sketch.n(), markup));
    }
    return dearest == null ? NO_MODEL : dearest;
  }

  private static Quote.Estimated dearer(Quote.@Nullable Estimated one, Quote.Estimated other) {
    return one != null && one.amount().compareTo(other.amount()) >= 0 ? one : other;
  }

  private static long promptTokens(RequestSketch sketch) {
    return ((long) sketch.bodyBytes() + BYTES_PER_TOKEN - 1) / BYTES_PER_TOKEN;
  }

  private Quote.Estimated unpriced(RequestSketch sketch, RequestKind kind) {
    return new Quote.Estimated(options.unknownHold(), kind, promptTokens(sketch), null);
  }

  private static Quote.Estimated estimated(
      ModelPrice price,
      RequestKind kind,
      long promptTokens,
      long outputTokens,
      int answers,
      Markup markup) {
    BigDecimal dollars = cost(price, promptTokens, 0);
    if (kind.generates()) {
      dollars =
          dollars.add(
              price
                  .completion()
                  .multiply(BigDecimal.valueOf(outputTokens))
                  .multiply(BigDecimal.valueOf(answers)));
    }
    return new Quote.Estimated(saturated(markup.on(dollars)).max(LEAST), kind, promptTokens, price);
  }

  /** What can be counted at most stands for more: nobody has that much. */
  private static Money saturated(BigDecimal dollars) {
    try {
      return Money.ceiling(dollars);
    } catch (ArithmeticException e) {
      return new Money(Long.MAX_VALUE);
    }
  }

  private static BigDecimal cost(ModelPrice price, long promptTokens, long completionTokens) {
    return price
        .prompt()
        .multiply(BigDecimal.valueOf(promptTokens))
        .add(price.completion().multiply(BigDecimal.valueOf(completionTokens)))
        .add(price.request());
  }

  /**
   * Decides what becomes of a hold.
   *
   * @param quote what the hold was made from
   * @param held what is held
   */
  public Verdict verdict(Quote.Estimated quote, Money held, Markup markup, Ending ending) {
    Reading reading = ending.reading();
    Usage usage = reading == null ? null : reading.usage().orElse(null);
    boolean refused = ending.status() >= 300;
    if (!ending.sent() || (refused && (usage == null || saysNothing(usage)))) {
      return new Verdict.Release();
    }
    boolean canBeAsked = options.generations() && ending.generationId() != null;
    boolean whole = ending.finished() || (reading != null && reading.whole());
    String model = reading == null ? null : reading.model().orElse(null);
    ModelPrice price = price(quote, model);
    Verdict.Charge charge = null;
    if (usage != null) {
      charge = said(usage, held, markup, model);
      // What an answer with an error in it used says nothing of what it is charged.
      if (charge == null && price != null && !(reading != null && reading.error())) {
        charge = computed(usage, held, markup, model, price, quote.kind());
      }
    }
    // Of a broken stream the usage seen may not have been the last one.
    if (charge != null && (whole || !canBeAsked)) {
      return charge;
    }
    Money estimate = charge == null ? delivered(quote, reading, price, markup) : charge.charge();
    if (canBeAsked) {
      Money amount = charge == null ? cut(quote, reading, price, markup) : charge.charge();
      return new Verdict.Await(amount.min(held), estimate);
    }
    return unresolved(held, estimate, usage, model);
  }

  private static boolean saysNothing(Usage usage) {
    return usage.cost() instanceof Cost.Missing
        && usage.tokens().input() <= 0
        && usage.tokens().output() <= 0;
  }

  /** Of the model that answered; upstreams spell it in ways that are on no list. */
  private @Nullable ModelPrice price(Quote.Estimated quote, @Nullable String model) {
    return model == null ? quote.price() : prices.find(model).orElse(quote.price());
  }

  /** The charge for the cost that the upstream named; null if it named none. */
  private static Verdict.@Nullable Charge said(
      Usage usage, Money held, Markup markup, @Nullable String model) {
    if (usage.cost() instanceof Cost.Known known) {
      return charge(known.dollars(), known.literal(), Set.of(), usage, held, markup, model);
    }
    if (usage.cost() instanceof Cost.Invalid invalid) {
      return new Verdict.Charge(
          Money.ZERO, held, invalid.literal(), Set.of(invalid.flag()), usage.tokens(), model);
    }
    return null;
  }

  /** The charge for the tokens that were counted; null if they do not tell, or cannot be so. */
  private Verdict.@Nullable Charge computed(
      Usage usage,
      Money held,
      Markup markup,
      @Nullable String model,
      ModelPrice price,
      RequestKind kind) {
    Tokens tokens = usage.tokens();
    if (tokens.input() < 0 || (tokens.output() < 0 && kind.generates())) {
      return null;
    }
    BigDecimal computed = cost(price, tokens.input(), Math.max(0, tokens.output()));
    Set<Flag> flags = EnumSet.of(Flag.ESTIMATED);
    if (usage.cost() instanceof Cost.Missing missing && missing.isUnreadable()) {
      flags.add(Flag.UNREADABLE_COST);
    }
    return computed.compareTo(cap) > 0
        ? null
        : charge(computed, usage.cost().literal(), flags, usage, held, markup, model);
  }

  private static Verdict.Charge charge(
      BigDecimal dollars,
      String literal,
      Set<Flag> flags,
      Usage usage,
      Money held,
      Markup markup,
      @Nullable String model) {
    try {
      return new Verdict.Charge(
          Money.ceiling(dollars),
          Money.ceiling(markup.on(dollars)),
          literal,
          flags,
          usage.tokens(),
          model);
    } catch (ArithmeticException e) {
      // More than can be counted, with the markup on it.
      return new Verdict.Charge(
          Money.ZERO, held, literal, Set.of(Flag.ABSURD_COST), usage.tokens(), model);
    }
  }

  /** The estimated prompt plus what was delivered. */
  private static Money cut(
      Quote.Estimated quote, @Nullable Reading reading, @Nullable ModelPrice price, Markup markup) {
    if (price == null) {
      return quote.amount();
    }
    long characters = reading == null ? 0 : reading.deliveredCharacters();
    long tokens = (characters + CHARACTERS_PER_TOKEN - 1) / CHARACTERS_PER_TOKEN;
    return saturated(markup.on(cost(price, quote.promptTokens(), tokens)));
  }

  private static Money delivered(
      Quote.Estimated quote, @Nullable Reading reading, @Nullable ModelPrice price, Markup markup) {
    return reading == null || reading.deliveredCharacters() == 0
        ? Money.ZERO
        : cut(quote, reading, price, markup);
  }

  private Verdict.Charge unresolved(
      Money held, Money estimate, @Nullable Usage usage, @Nullable String model) {
    Money charge =
        switch (options.unresolved()) {
          case ESTIMATE -> estimate;
          case HOLD -> held;
          case RELEASE -> Money.ZERO;
        };
    Tokens tokens = usage == null ? Tokens.NONE : usage.tokens();
    return new Verdict.Charge(Money.ZERO, charge, "", Set.of(Flag.UNRESOLVED), tokens, model);
  }

  /**
   * The charge for a pending hold, by what the upstream says of its generation.
   *
   * @param generation the body of {@code GET /generation}
   * @return empty if it does not say
   */
  public Optional<Verdict.Charge> settle(Hold hold, byte[] generation) {
    return Generation.read(generation, cap)
        .flatMap(
            found ->
                Optional.ofNullable(
                    said(
                        found.usage(),
                        hold.amount(),
                        hold.request().markup(),
                        found.model().isEmpty() ? null : found.model())));
  }

  /** The charge for a pending hold whose cost will never be known. */
  public Verdict.Charge giveUp(Hold hold) {
    return unresolved(hold.amount(), hold.fallback().charge(), null, null);
  }

  /** Reads what an answer says of its cost. */
  public UsageTap tap(@Nullable String contentType, @Nullable String contentEncoding) {
    return UsageTap.of(contentType, contentEncoding, cap);
  }

  /** Whether the upstream can be asked what a generation cost. */
  public boolean asksForGenerations() {
    return options.generations();
  }
}
