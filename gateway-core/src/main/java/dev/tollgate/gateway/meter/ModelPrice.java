package dev.tollgate.gateway.meter;

import java.util.List;

/**
 * The prices and limits of a model, from a list of models. Lists show the cheapest provider, so a
 * cost that the upstream itself states always takes precedence.
 *
 * @param base the prices without any tier
 * @param tiers other prices for a long input, in the order in which they apply
 * @param maxCompletionTokens the maximum number of output tokens; {@link #UNKNOWN} if the list does
 *     not state it
 * @param contextLength the maximum number of input and output tokens together; {@link #UNKNOWN} if
 *     the list does not state it
 */
public record ModelPrice(
    Prices base, List<Tier> tiers, long maxCompletionTokens, long contextLength) {
  /** A limit that is not known. */
  public static final long UNKNOWN = -1;

  /**
   * Prices that replace the base prices.
   *
   * @param aboveInputTokens the tier applies if the whole input is larger than this
   * @param sometimes whether the tier applies only at some hours or to some requests; such a tier
   *     counts for holds only
   * @param prices the prices that differ
   */
  record Tier(long aboveInputTokens, boolean sometimes, Prices prices) {}

  /** Copies the list. */
  public ModelPrice {
    tiers = List.copyOf(tiers);
  }

  /** The maximum number of tokens of an answer; {@link #UNKNOWN} if the list does not state it. */
  long ceiling() {
    return maxCompletionTokens == UNKNOWN ? contextLength : maxCompletionTokens;
  }

  /** The prices of the tier for this input. */
  Prices at(long inputTokens) {
    Prices prices = base;
    for (Tier tier : tiers) {
      if (inputTokens > tier.aboveInputTokens && !tier.sometimes) {
        prices = tier.prices.over(prices);
      }
    }
    return prices;
  }

  /** The highest price in any tier, for each part separately. */
  Prices dearest() {
    Prices dearest = base.max(base);
    for (Tier tier : tiers) {
      dearest = dearest.max(tier.prices.over(at(tier.aboveInputTokens + 1)));
    }
    return dearest;
  }

  boolean isFree() {
    return dearest().isFree();
  }

  /** A price that is at least as high as both prices, with limits at least as large. */
  ModelPrice max(ModelPrice other) {
    return equals(other)
        ? this
        : new ModelPrice(
            dearest().max(other.dearest()),
            List.of(),
            larger(maxCompletionTokens, other.maxCompletionTokens),
            larger(contextLength, other.contextLength));
  }

  private static long larger(long one, long other) {
    return one == UNKNOWN || other == UNKNOWN ? UNKNOWN : Math.max(one, other);
  }
}
