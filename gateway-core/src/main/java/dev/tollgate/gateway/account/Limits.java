package dev.tollgate.gateway.account;

import org.jspecify.annotations.Nullable;

/**
 * What a project is kept to beside its balance.
 *
 * @param rate null: what the operator has set for all
 * @param maxOpen how many metered requests may be open at once, over all nodes; 0: any number;
 *     null: what the operator has set for all
 * @param models null: any
 */
public record Limits(
    @Nullable RatePolicy rate,
    @Nullable Integer maxOpen,
    @Nullable ModelList models,
    SpendingCaps caps) {
  /** Nothing of its own. */
  public static final Limits NONE = new Limits(null, null, null, SpendingCaps.NONE);

  /** Checks the range. */
  public Limits {
    if (maxOpen != null && maxOpen < 0) {
      throw new IllegalArgumentException("a number of open requests is not negative");
    }
  }

  /** These, and where they leave it to the operator, what {@code defaults} say. */
  public Limits over(Limits defaults) {
    return new Limits(
        rate == null ? defaults.rate : rate,
        maxOpen == null ? defaults.maxOpen : maxOpen,
        models,
        caps);
  }
}
