package dev.tollgate.gateway.account;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * With which key a project's calls are sent upstream.
 *
 * @param kind whose key it is
 * @param key the project's own; null where the kind is not {@link Kind#OWN}
 */
public record UpstreamAccess(Kind kind, @Nullable Secret key) {
  /** Whose key it is. */
  public enum Kind {
    /** The project's. */
    OWN,
    /** The operator's default, if there is one. */
    DEFAULT,
    /** Nobody's: the project's calls are refused. */
    NONE;

    /** As it is stored and shown. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** The operator's default key. */
  public static final UpstreamAccess DEFAULT = new UpstreamAccess(Kind.DEFAULT, null);

  /** No key at all, not even the operator's. */
  public static final UpstreamAccess NONE = new UpstreamAccess(Kind.NONE, null);

  /** Checks that there is a key where there has to be one, and only there. */
  public UpstreamAccess {
    if ((key != null) != (kind == Kind.OWN)) {
      throw new IllegalArgumentException("a key goes with a project's own access, and only there");
    }
  }

  /** A key of the project's own. */
  public static UpstreamAccess own(Secret key) {
    return new UpstreamAccess(Kind.OWN, key);
  }

  /** Whether a key is the project's own, and not the operator's. */
  public boolean isOwn(Secret other) {
    return key != null && key.equals(other);
  }

  /** The key, if it is the project's own. */
  static UpstreamAccess ofKey(@Nullable Secret key) {
    return key == null ? DEFAULT : own(key);
  }
}
