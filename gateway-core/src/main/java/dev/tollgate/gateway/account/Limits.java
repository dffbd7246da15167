package dev.tollgate.gateway.account;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A project's limits in addition to its balance. Immutable. */
public final class Limits {
  /** No limits set for the project. */
  public static final Limits NONE = new Limits(Map.of());

  // By the name of the limit.
  private final Map<String, Object> values;

  private Limits(Map<String, Object> values) {
    this.values = Map.copyOf(values);
  }

  /** The limits of a key with these caps. */
  public static Limits of(SpendingCaps caps) {
    return NONE.with(Limit.DAILY_CAP, caps.dailyNanos())
        .with(Limit.WEEKLY_CAP, caps.weeklyNanos())
        .with(Limit.MONTHLY_CAP, caps.monthlyNanos())
        .with(Limit.TOTAL_CAP, caps.totalNanos());
  }

  /** The value of a limit; null: it is not set. */
  @SuppressWarnings("unchecked") // with() stores a limit's own type only
  public <T> @Nullable T get(Limit<T> limit) {
    return (T) values.get(limit.name());
  }

  /**
   * These limits with another value for one of them.
   *
   * @param value null: the limit is not set
   * @throws IllegalArgumentException if the value is out of range
   */
  public <T> Limits with(Limit<T> limit, @Nullable T value) {
    Map<String, Object> changed = new HashMap<>(values);
    if (value == null) {
      changed.remove(limit.name());
    } else {
      changed.put(limit.name(), limit.checked(value));
    }
    return new Limits(changed);
  }

  /** These limits, with those of {@code defaults} in place of the limits that are not set. */
  public Limits over(Limits defaults) {
    if (values.isEmpty()) {
      return defaults;
    }
    Map<String, Object> all = new HashMap<>(defaults.values);
    all.putAll(values);
    return new Limits(all);
  }

  /** See {@link Limit#RATE}. */
  public @Nullable RatePolicy rate() {
    return get(Limit.RATE);
  }

  /** See {@link Limit#CONCURRENCY}. */
  public @Nullable Integer maxOpen() {
    return get(Limit.CONCURRENCY);
  }

  /** See {@link Limit#MODELS}. */
  public @Nullable ModelList models() {
    return get(Limit.MODELS);
  }

  /** The spending caps among the limits. */
  public SpendingCaps caps() {
    return new SpendingCaps(
        get(Limit.DAILY_CAP), get(Limit.WEEKLY_CAP), get(Limit.MONTHLY_CAP), get(Limit.TOTAL_CAP));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Limits limits && values.equals(limits.values);
  }

  @Override
  public int hashCode() {
    return values.hashCode();
  }

  @Override
  public String toString() {
    return values.toString();
  }
}
