package dev.tollgate.gateway.admin;

import dev.tollgate.gateway.account.Limit;
import dev.tollgate.gateway.account.Limits;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A change to the limits of a project or a key. A limit that it does not name keeps its value. */
public final class LimitsChange {
  /** No change. */
  public static final LimitsChange NONE = new LimitsChange(List.of());

  private record Change<T>(Limit<T> limit, @Nullable T value) {
    Limits appliedTo(Limits limits) {
      return limits.with(limit, value);
    }
  }

  private final List<Change<?>> changes;

  private LimitsChange(List<Change<?>> changes) {
    this.changes = changes;
  }

  /**
   * This change, and a limit is set.
   *
   * @throws AdminException if the value is out of range or cannot be stored
   */
  public <T> LimitsChange set(Limit<T> limit, T value) {
    if (limit.form().column().apply(value) instanceof String text) {
      AdminContext.requireStorable(limit.name(), text);
    }
    Change<T> change = new Change<>(limit, value);
    var unused = AdminException.checked(() -> change.appliedTo(Limits.NONE));
    return with(change);
  }

  /** This change, and a limit is removed: the operator's default or no limit applies. */
  public LimitsChange clear(Limit<?> limit) {
    return with(new Change<>(limit, null));
  }

  private LimitsChange with(Change<?> change) {
    return new LimitsChange(Stream.concat(changes.stream(), Stream.of(change)).toList());
  }

  /** Whether at least one limit changes. */
  public boolean isMade() {
    return !changes.isEmpty();
  }

  /** The limits that change. */
  Set<Limit<?>> limits() {
    return changes.stream().map(Change::limit).collect(Collectors.toSet());
  }

  /** Returns the limits after the change. */
  public Limits after(Limits before) {
    Limits after = before;
    for (Change<?> change : changes) {
      after = change.appliedTo(after);
    }
    return after;
  }
}
