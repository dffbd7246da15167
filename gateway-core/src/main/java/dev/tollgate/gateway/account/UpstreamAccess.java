package dev.tollgate.gateway.account;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The upstream key that a project's calls are sent with.
 *
 * @param kind whose key it is
 * @param key the project's own key; null unless the kind is {@link Kind#OWN}
 */
public record UpstreamAccess(Kind kind, @Nullable Secret key) {
  /** Whose key it is. */
  public enum Kind {
    /** The project's own key. */
    OWN,
    /** The operator's default key, if there is one. */
    DEFAULT,
    /** No key: the project's calls are refused. */
    NONE;

    /** The name as stored and shown. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** The operator's default key. */
  public static final UpstreamAccess DEFAULT = new UpstreamAccess(Kind.DEFAULT, null);

  /** No key at all, not even the operator's default. */
  public static final UpstreamAccess NONE = new UpstreamAccess(Kind.NONE, null);

  /** Checks that there is a key if the kind is {@link Kind#OWN}, and none otherwise. */
  public UpstreamAccess {
    if ((key != null) != (kind == Kind.OWN)) {
      throw new IllegalArgumentException(
          "a key must be given for the kind own, and for no other kind");
    }
  }

  /** The project's own key. */
  public static UpstreamAccess own(Secret key) {
    return new UpstreamAccess(Kind.OWN, key);
  }

  /** Whether {@code other} is the project's own key, not the operator's. */
  public boolean isOwn(Secret other) {
    return key != null && key.equals(other);
  }
}
