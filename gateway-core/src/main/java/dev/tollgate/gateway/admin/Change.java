package dev.tollgate.gateway.admin;

import org.jspecify.annotations.Nullable;

/**
 * What is to become of one setting.
 *
 * @param isMade false: it stays as it is
 * @param value what it is from now on; null: nothing of its own, which is the operator's default or
 *     no limit
 */
public record Change<T>(boolean isMade, @Nullable T value) {
  /** It stays as it is. */
  public static <T> Change<T> none() {
    return new Change<>(false, null);
  }

  /** It is this from now on. */
  public static <T> Change<T> to(T value) {
    return new Change<>(true, value);
  }

  /** It has nothing of its own any more. */
  public static <T> Change<T> back() {
    return new Change<>(true, null);
  }

  /** What it is afterwards. */
  @Nullable T after(@Nullable T before) {
    return isMade ? value : before;
  }
}
