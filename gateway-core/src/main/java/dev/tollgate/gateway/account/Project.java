package dev.tollgate.gateway.account;

import java.time.Instant;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One tenant of the platform: it owns API keys and a prepaid balance.
 *
 * @param id never changes and is never used again
 * @param name what callers send as {@code project_name}; unique, compared exactly
 * @param enabled false: every call is refused
 * @param markup what the project pays on top of the upstream's cost
 * @param limits what it is kept to beside its balance
 * @param upstream with which key its calls are sent
 */
public record Project(
    String id,
    String name,
    boolean enabled,
    Markup markup,
    Limits limits,
    UpstreamAccess upstream,
    Instant createdAt) {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,99}");

  /**
   * A project that calls upstream with a key of its own, or the operator's.
   *
   * @param upstreamKey its own; null: the operator's default is used
   */
  public Project(
      String id,
      String name,
      boolean enabled,
      @Nullable Secret upstreamKey,
      Markup markup,
      Limits limits,
      Instant createdAt) {
    this(id, name, enabled, markup, limits, UpstreamAccess.ofKey(upstreamKey), createdAt);
  }

  /** The same without limits of its own. */
  public Project(
      String id,
      String name,
      boolean enabled,
      @Nullable Secret upstreamKey,
      Markup markup,
      Instant createdAt) {
    this(id, name, enabled, upstreamKey, markup, Limits.NONE, createdAt);
  }

  /** Its own key for the upstream; null: it has none, see {@link #upstream}. */
  public @Nullable Secret upstreamKey() {
    return upstream.key();
  }

  /**
   * Checks a name for a new project. Names travel in URLs, logs and shells, so they are kept to
   * letters, digits, dot, dash and underscore.
   *
   * @throws IllegalArgumentException with a message for the operator
   */
  public static void requireValidName(String name) {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "a project name has 1 to 100 letters (A-Z, a-z), digits, '.', '-' or '_',"
              + " the first one a letter, digit or '_'");
    }
  }
}
