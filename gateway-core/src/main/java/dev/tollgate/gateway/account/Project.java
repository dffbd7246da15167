package dev.tollgate.gateway.account;

import java.time.Instant;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One tenant of the platform, with its API keys and its prepaid balance.
 *
 * @param id never changes and is never reused
 * @param name the value that callers send as {@code project_name}; unique, compared exactly
 * @param enabled false: every call is refused
 * @param markup added to the upstream's cost
 * @param limits the limits in addition to the balance
 * @param upstream the upstream key that the project's calls are sent with
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
   * A project without limits, which calls upstream with its own key or the operator's default key.
   *
   * @param upstreamKey the project's own key; null: the operator's default
   */
  public Project(
      String id,
      String name,
      boolean enabled,
      @Nullable Secret upstreamKey,
      Markup markup,
      Instant createdAt) {
    this(
        id,
        name,
        enabled,
        markup,
        Limits.NONE,
        upstreamKey == null ? UpstreamAccess.DEFAULT : UpstreamAccess.own(upstreamKey),
        createdAt);
  }

  /** The same project, enabled or disabled. */
  public Project withEnabled(boolean now) {
    return new Project(id, name, now, markup, limits, upstream, createdAt);
  }

  /** The project's own upstream key; null: it has none, see {@link #upstream}. */
  public @Nullable Secret upstreamKey() {
    return upstream.key();
  }

  /**
   * Checks a name for a new project. Names appear in URLs, logs and shells, so only letters,
   * digits, dot, dash and underscore are allowed.
   *
   * @throws IllegalArgumentException with a message for the operator
   */
  public static void requireValidName(String name) {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "a project name must have 1 to 100 letters (A-Z, a-z), digits, '.', '-' or '_',"
              + " the first one a letter, digit or '_'");
    }
  }
}
