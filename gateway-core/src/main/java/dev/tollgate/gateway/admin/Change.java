package dev.tollgate.gateway.admin;

import org.jspecify.annotations.Nullable;

/**
 * A change to one setting.
 *
 * @param isMade false: the setting keeps its value
 * @param value the new value; null: the setting is cleared, so the operator's default or no limit
 *     applies
 */
public record Change<T>(boolean isMade, @Nullable T value) {
  /** No change. */
  public static <T> Change<T> none() {
    return new Change<>(false, null);
  }

  /** Sets a value. */
  public static <T> Change<T> to(T value) {
    return new Change<>(true, value);
  }

  /** Clears the setting. */
  public static <T> Change<T> back() {
    return new Change<>(true, null);
  }

  /** Returns the value after the change. */
  @Nullable T after(@Nullable T before) {
    return isMade ? value : before;
  }
}
