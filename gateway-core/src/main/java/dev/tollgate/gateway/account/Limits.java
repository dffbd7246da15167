package dev.tollgate.gateway.account;

import org.jspecify.annotations.Nullable;

/**
 * A project's limits in addition to its balance.
 *
 * @param rate null: the operator's default
 * @param maxOpen how many metered requests may be open at once, across all nodes; 0: no limit;
 *     null: the operator's default
 * @param models the allowed models; null: all models
 * @param caps the spending caps of the project
 */
public record Limits(
    @Nullable RatePolicy rate,
    @Nullable Integer maxOpen,
    @Nullable ModelList models,
    SpendingCaps caps) {
  /** No limits set for the project. */
  public static final Limits NONE = new Limits(null, null, null, SpendingCaps.NONE);

  /** Checks the range. */
  public Limits {
    if (maxOpen != null && maxOpen < 0) {
      throw new IllegalArgumentException("a number of open requests is not negative");
    }
  }

  /** These limits, with each unset value of rate and open requests taken from {@code defaults}. */
  public Limits over(Limits defaults) {
    return new Limits(
        rate == null ? defaults.rate : rate,
        maxOpen == null ? defaults.maxOpen : maxOpen,
        models,
        caps);
  }
}
