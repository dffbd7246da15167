package dev.tollgate.gateway.account;

import java.time.Instant;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One tenant of the platform, with its API keys and its prepaid balance.
 *
 * @param id never changes and is never reused
 * @param name the value that callers send as {@code project_name}; unique, compared exactly
 * @param displayName for people, one line of at most 100 characters; empty: there is none
 * @param enabled false: every call is refused
 * @param archivedAt when the project was retired; null: it is in use. An archived project is not
 *     enabled
 * @param markup added to the upstream's cost
 * @param limits the limits in addition to the balance
 * @param upstream the upstream key that the project's calls are sent with
 */
public record Project(
    String id,
    String name,
    String displayName,
    boolean enabled,
    @Nullable Instant archivedAt,
    Markup markup,
    Limits limits,
    UpstreamAccess upstream,
    Instant createdAt) {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,99}");

  /**
   * Checks the display name, and that an archived project is not enabled.
   *
   * @throws IllegalArgumentException with a message for the operator
   */
  public Project {
    Labels.require("display name", displayName);
    if (enabled && archivedAt != null) {
      throw new IllegalArgumentException("an archived project cannot be enabled");
    }
  }

  /** A project that is in use and has no display name. */
  public Project(
      String id,
      String name,
      boolean enabled,
      Markup markup,
      Limits limits,
      UpstreamAccess upstream,
      Instant createdAt) {
    this(id, name, "", enabled, null, markup, limits, upstream, createdAt);
  }

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
    return new Project(id, name, displayName, now, archivedAt, markup, limits, upstream, createdAt);
  }

  /** The same project, retired. */
  public Project archived(Instant at) {
    return new Project(id, name, displayName, false, at, markup, limits, upstream, createdAt);
  }

  /** The same project, in use and enabled. */
  public Project unarchived() {
    return new Project(id, name, displayName, true, null, markup, limits, upstream, createdAt);
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
