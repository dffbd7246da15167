package dev.tollgate.gateway.admin;

import dev.tollgate.gateway.account.Limits;
import dev.tollgate.gateway.account.ModelList;
import dev.tollgate.gateway.account.RatePolicy;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is to become of what a project is kept to.
 *
 * @param maxOpen zero or more; zero: any number
 */
public record LimitsChange(
    Change<RatePolicy> rate, Change<Integer> maxOpen, Change<ModelList> models, CapsChange caps) {
  /** It stays as it is. */
  public static final LimitsChange NONE =
      new LimitsChange(Change.none(), Change.none(), Change.none(), CapsChange.NONE);

  /** Refuses a number that is none. */
  public LimitsChange {
    @Nullable Integer number = maxOpen.value();
    if (number != null && number < 0) {
      throw new AdminException("a number of open requests is not negative");
    }
  }

  /** Whether something is to be different. */
  boolean isMade() {
    return rate.isMade() || maxOpen.isMade() || models.isMade() || caps.isMade();
  }

  /** What is to be different, by the names under which it is shown. */
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

  /** What it is afterwards. */
  Limits after(Limits before) {
    return new Limits(
        rate.after(before.rate()),
        maxOpen.after(before.maxOpen()),
        models.after(before.models()),
        caps.after(before.caps()));
  }
}
