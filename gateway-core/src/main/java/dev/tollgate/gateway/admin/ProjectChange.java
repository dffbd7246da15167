package dev.tollgate.gateway.admin;

import dev.tollgate.gateway.account.Markup;
import dev.tollgate.gateway.account.Project;
import dev.tollgate.gateway.account.UpstreamAccess;
import org.jspecify.annotations.Nullable;

/**
 * A change to a project. Settings that it does not name keep their values.
 *
 * @param displayName empty: none any more; null: unchanged
 * @param markup null: unchanged
 * @param upstream the upstream key for the project's calls; null: unchanged
 * @param limits the project's limits
 */
public record ProjectChange(
    @Nullable String displayName,
    @Nullable Markup markup,
    @Nullable UpstreamAccess upstream,
    LimitsChange limits) {
  /** A change that leaves the display name as it is. */
  public ProjectChange(
      @Nullable Markup markup, @Nullable UpstreamAccess upstream, LimitsChange limits) {
    this(null, markup, upstream, limits);
  }

  /** Rejects an empty change. */
  public ProjectChange {
    if (displayName == null && markup == null && upstream == null && !limits.isMade()) {
      throw new AdminException("there is nothing to configure");
    }
  }

  /** Returns the project after the change. */
  Project after(Project before) {
    return AdminException.checked(
        () ->
            new Project(
                before.id(),
                before.name(),
                displayName == null ? before.displayName() : displayName,
                before.enabled(),
                before.archivedAt(),
                markup == null ? before.markup() : markup,
                limits.after(before.limits()),
                upstream == null ? before.upstream() : upstream,
                before.createdAt()));
  }
}
