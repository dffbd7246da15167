package dev.tollgate.gateway.meter;

import java.math.BigDecimal;

/**
 * Converts tokens and prices to dollars; the only class that does so. All amounts are exact and
 * without markup.
 */
final class Pricing {
  private Pricing() {}

  /**
   * The cost of an answer: each part at its price, in the tier of the whole input.
   *
   * @param consumed with input and output stated
   * @param pictures the number of input pictures
   */
  static BigDecimal cost(ModelPrice price, Consumption consumed, int pictures) {
    long input = consumed.tokens().input();
    long output = consumed.tokens().output();
    long cached = part(consumed.tokens().cached(), input);
    long cacheWrite = part(consumed.tokens().cacheWrite(), input - cached);
    long audio = part(consumed.audioInput(), input - cached - cacheWrite);
    long reasoning = part(consumed.tokens().reasoning(), output);
    Prices prices = price.at(input);
    return times(prices.ofInput(), input - cached - cacheWrite - audio)
        .add(times(prices.ofCached(), cached))
        .add(times(prices.ofCacheWrite(), cacheWrite))
        .add(times(prices.ofAudio(), audio))
        .add(times(prices.ofOutput(), output - reasoning))
        .add(times(prices.ofReasoning(), reasoning))
        .add(times(prices.ofWebSearch(), consumed.webSearches()))
        .add(times(prices.ofImage(), pictures))
        .add(prices.ofRequest());
  }

  /** Limits a part to the whole; an unknown part counts as zero. */
  private static long part(long tokens, long whole) {
    return Math.min(Math.max(0, tokens), whole);
  }

  /**
   * The expected cost of a request: its input and its output bound, at the highest prices of all
   * tiers.
   */
  static BigDecimal expected(ModelPrice price, long input, BigDecimal output, int pictures) {
    Prices prices = price.dearest();
    return times(prices.ofInput(), input)
        .add(outputCost(prices, output))
        .add(times(prices.ofImage(), pictures))
        .add(prices.ofRequest());
  }

  /**
   * The most that a request can cost. Each input token is priced at the highest of input, cached
   * input and cache write, and each output token at the higher of output and reasoning.
   */
  static BigDecimal most(ModelPrice price, long input, BigDecimal output) {
    Prices prices = price.dearest();
    BigDecimal token = prices.ofInput().max(prices.ofCached()).max(prices.ofCacheWrite());
    return times(token, input).add(outputCost(prices, output)).add(prices.ofRequest());
  }

  private static BigDecimal outputCost(Prices prices, BigDecimal tokens) {
    return prices.ofOutput().max(prices.ofReasoning()).multiply(tokens);
  }

  private static BigDecimal times(BigDecimal price, long count) {
    return price.multiply(BigDecimal.valueOf(count));
  }
}
