package dev.tollgate.gateway.meter;

import java.util.List;

/**
 * What a model costs and how much it takes, as a list of models says. Lists show the cheapest
 * provider, so a cost that the upstream itself names always goes before this.
 *
 * @param base the prices without any tier
 * @param tiers prices that differ for a long input, in the order in which they apply
 * @param maxCompletionTokens the most it writes; {@link #UNKNOWN} if the list does not say
 * @param contextLength the most it reads and writes together; likewise
 */
public record ModelPrice(
    Prices base, List<Tier> tiers, long maxCompletionTokens, long contextLength) {
  /** Stands for a limit that is not known. */
  public static final long UNKNOWN = -1;

  /**
   * Prices that count in place of the base prices.
   *
   * @param aboveInputTokens the tier counts if the whole input is larger than this
   * @param sometimes whether the tier counts at some hours only; then only holds go by it
   * @param prices those that differ
   */
  record Tier(long aboveInputTokens, boolean sometimes, Prices prices) {}

  /** Copies the list. */
  public ModelPrice {
    tiers = List.copyOf(tiers);
  }

  /** The most tokens that an answer can have; {@link #UNKNOWN} if the list says nothing of it. */
  long ceiling() {
    return maxCompletionTokens == UNKNOWN ? contextLength : maxCompletionTokens;
  }

  /** The prices of the tier that an input falls in. */
  Prices at(long inputTokens) {
    Prices prices = base;
    for (Tier tier : tiers) {
      if (inputTokens > tier.aboveInputTokens && !tier.sometimes) {
        prices = tier.prices.over(prices);
      }
    }
    return prices;
  }

  /** For each part the highest price of all tiers. */
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

  /** A price that is at least as high, with limits at least as large, as both. */
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
