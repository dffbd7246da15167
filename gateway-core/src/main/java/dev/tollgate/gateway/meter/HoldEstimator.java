package dev.tollgate.gateway.meter;

import dev.tollgate.gateway.account.Markup;
import dev.tollgate.gateway.ledger.HoldMode;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Tokens;
import dev.tollgate.gateway.meter.Quote.Estimated;
import dev.tollgate.gateway.meter.Quote.RequestFacts;
import java.math.BigDecimal;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Decides the amount of the hold for a request. If several models may answer, the most expensive
 * counts.
 *
 * <pre>
 *   bounded   expected prompt + output bound x price; a configured amount if there is no price,
 *             and at least that amount if the request asks for extras without a price
 *   strict    the most that the request can cost at the known prices, or a refusal
 *   free      nothing, if every model named is free and there are no extras
 * </pre>
 *
 * Safe for use by many threads.
 */
final class HoldEstimator {
  private static final Money LEAST = new Money(1);

  /**
   * The tokens that providers add to a prompt with tools. Anthropic documents at most 530 ("Tool
   * use system prompt token count").
   */
  private static final long TOOLS_TOKENS = 1024;

  private static final Quote NO_MODEL =
      new Quote.Unbounded("body (holds are strict: a model must be named)");

  private final PriceBook prices;
  private final MeterOptions options;

  HoldEstimator(PriceBook prices, MeterOptions options) {
    this.prices = prices;
    this.options = options;
  }

  /**
   * @param endpointPrices the highest price of each model's endpoints, empty if it is not known; a
   *     model that is not in the map has its price in the list
   */
  Quote quote(
      RequestSketch sketch,
      RequestKind kind,
      Markup markup,
      Map<String, Optional<ModelPrice>> endpointPrices) {
    return options.mode() == HoldMode.STRICT
        ? strict(sketch, kind, markup, endpointPrices)
        : bounded(sketch, kind, markup);
  }

  private Estimated bounded(RequestSketch sketch, RequestKind kind, Markup markup) {
    Estimated dearest = null;
    for (String model : sketch.models()) {
      ModelPrice price = prices.find(model).orElse(null);
      if (price == null) {
        dearest = dearer(dearest, unpriced(sketch, kind));
        continue;
      }
      BigDecimal output =
          output(kind, sketch, sketch.maxTokens().orElse(options.defaultOutputTokens()));
      BigDecimal expected =
          Pricing.expected(price, sketch.promptTokens(), output, sketch.pictures());
      BigDecimal prompt =
          Pricing.expected(price, sketch.promptTokens(), BigDecimal.ZERO, sketch.pictures());
      dearest = dearer(dearest, estimated(expected, prompt, sketch, kind, price, markup));
    }
    Estimated estimated = dearest == null ? unpriced(sketch, kind) : dearest;
    // The price of extras is not known, so they need at least the hold of a model without a price.
    return sketch.extras() && estimated.amount().compareTo(options.unknownHold()) < 0
        ? new Estimated(
            options.unknownHold(),
            estimated.promptEstimate(),
            estimated.promptHold(),
            false,
            estimated.facts())
        : estimated;
  }

  private Quote strict(
      RequestSketch sketch,
      RequestKind kind,
      Markup markup,
      Map<String, Optional<ModelPrice>> endpointPrices) {
    if (prices.isEmpty()) {
      return new Quote.NoPrices();
    }
    if (!sketch.readable() || sketch.models().isEmpty()) {
      return NO_MODEL;
    }
    String unbounded = sketch.unbounded();
    if (unbounded != null && !isFree(sketch)) {
      return new Quote.Unbounded("body (holds are strict: " + unbounded + " has no known bound)");
    }
    Estimated dearest = null;
    for (String model : sketch.models()) {
      ModelPrice listed = prices.find(model).orElse(null);
      ModelPrice price =
          endpointPrices.getOrDefault(model, Optional.ofNullable(listed)).orElse(null);
      long ceiling = ceiling(price, listed);
      if (listed == null || price == null || (kind.generates() && ceiling < 0)) {
        return new Quote.Unbounded("model (holds are strict: its price or limit is not known)");
      }
      // Some upstreams raise the request's own bound if it leaves too little room for thinking.
      long asked = sketch.maxTokens().orElse(ceiling);
      long bound = Math.min(Math.max(asked, sketch.thinkingTokens()), ceiling);
      long input = mostInput(sketch, price);
      BigDecimal most = Pricing.most(price, input, output(kind, sketch, bound));
      BigDecimal prompt = Pricing.most(price, input, BigDecimal.ZERO);
      dearest = dearer(dearest, estimated(most, prompt, sketch, kind, price, markup));
    }
    return dearest == null ? NO_MODEL : dearest;
  }

  private static long ceiling(@Nullable ModelPrice price, @Nullable ModelPrice listed) {
    if (price == null || listed == null) {
      return ModelPrice.UNKNOWN;
    }
    return price.ceiling() == ModelPrice.UNKNOWN ? listed.ceiling() : price.ceiling();
  }

  /**
   * The upper bound of the input. A tokenizer makes at most one token per byte, and an input cannot
   * exceed the model's context.
   */
  private static long mostInput(RequestSketch sketch, ModelPrice price) {
    long bytes = sketch.bodyBytes() + (sketch.tools() ? TOOLS_TOKENS : 0);
    long context = price.contextLength();
    return context == ModelPrice.UNKNOWN || context >= bytes
        ? bytes
        : Math.min(bytes, context * sketch.inputs());
  }

  private static BigDecimal output(RequestKind kind, RequestSketch sketch, long tokens) {
    return kind.generates()
        ? BigDecimal.valueOf(tokens).multiply(BigDecimal.valueOf(sketch.n()))
        : BigDecimal.ZERO;
  }

  private static Estimated dearer(@Nullable Estimated one, Estimated other) {
    return one != null && one.amount().compareTo(other.amount()) >= 0 ? one : other;
  }

  private Estimated unpriced(RequestSketch sketch, RequestKind kind) {
    return new Estimated(
        options.unknownHold(),
        options.unknownHold(),
        options.unknownHold(),
        false,
        new RequestFacts(
            kind,
            sketch.promptTokens(),
            sketch.pictures(),
            mostOutput(sketch, ModelPrice.UNKNOWN),
            null));
  }

  private Estimated estimated(
      BigDecimal dollars,
      BigDecimal promptDollars,
      RequestSketch sketch,
      RequestKind kind,
      ModelPrice price,
      Markup markup) {
    RequestFacts facts =
        new RequestFacts(
            kind,
            sketch.promptTokens(),
            sketch.pictures(),
            mostOutput(sketch, price.ceiling()),
            price);
    return new Estimated(
        Money.saturated(markup.on(dollars)).max(LEAST),
        Money.saturated(markup.on(prompt(facts, price))),
        Money.saturated(markup.on(promptDollars)),
        isFree(sketch),
        facts);
  }

  private static BigDecimal prompt(RequestFacts facts, ModelPrice price) {
    return Pricing.cost(
        price, new Consumption(new Tokens(facts.promptTokens(), 0), 0, 0), facts.pictures());
  }

  /** The request's own cap, or else the model's ceiling, times the number of answers. */
  private static long mostOutput(RequestSketch sketch, long ceiling) {
    long most = sketch.maxTokens().orElse(ceiling);
    return most == ModelPrice.UNKNOWN
        ? Long.MAX_VALUE
        : BigDecimal.valueOf(most)
            .multiply(BigDecimal.valueOf(sketch.n()))
            .min(BigDecimal.valueOf(Long.MAX_VALUE))
            .longValue();
  }

  private boolean isFree(RequestSketch sketch) {
    return !sketch.extras()
        && sketch.others().isEmpty()
        && sketch.models().stream().allMatch(model -> prices.isFree(model, options.generations()));
  }
}
