package dev.tollgate.gateway.admin;

import dev.tollgate.gateway.account.Limits;
import dev.tollgate.gateway.account.ModelList;
import dev.tollgate.gateway.account.RatePolicy;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A change to a project's limits.
 *
 * @param maxOpen the maximum number of open requests, zero or more; zero: no limit
 */
public record LimitsChange(
    Change<RatePolicy> rate, Change<Integer> maxOpen, Change<ModelList> models, CapsChange caps) {
  /** No change. */
  public static final LimitsChange NONE =
      new LimitsChange(Change.none(), Change.none(), Change.none(), CapsChange.NONE);

  /** Rejects a negative number of open requests. */
  public LimitsChange {
    @Nullable Integer number = maxOpen.value();
    if (number != null && number < 0) {
      throw new AdminException("a number of open requests is not negative");
    }
  }

  /** Whether at least one limit changes. */
  boolean isMade() {
    return rate.isMade() || maxOpen.isMade() || models.isMade() || caps.isMade();
  }

  /** The names of the changed limits, as {@link Fields#limits} shows them. */
  Set<String> names() {
    Set<String> names = new HashSet<>();
    add(names, rate, "rate");
    add(names, maxOpen, "concurrency");
    add(names, models, "models");
    add(names, caps.daily(), "daily_cap");
    add(names, caps.monthly(), "monthly_cap");
    return names;
  }

  private static void add(Set<String> names, Change<?> change, String name) {
    if (change.isMade()) {
      names.add(name);
    }
  }

  /** Returns the limits after the change. */
  Limits after(Limits before) {
    return new Limits(
        rate.after(before.rate()),
        maxOpen.after(before.maxOpen()),
        models.after(before.models()),
        caps.after(before.caps()));
  }
}
