package dev.tollgate.gateway.admin;

import dev.tollgate.gateway.account.Markup;
import dev.tollgate.gateway.account.Secret;
import dev.tollgate.gateway.account.UpstreamAccess;
import org.jspecify.annotations.Nullable;

/**
 * What is to be different about a project; the rest stays.
 *
 * @param markup null: as it is
 * @param upstream with which key its calls are sent; null: as it is
 * @param limits what it is kept to
 */
public record ProjectChange(
    @Nullable Markup markup, @Nullable UpstreamAccess upstream, LimitsChange limits) {
  /** Refuses what says nothing. */
  public ProjectChange {
    if (markup == null && upstream == null && !limits.isMade()) {
      throw new AdminException("there is nothing to configure");
    }
  }

  /**
   * The limits stay.
   *
   * @param markup null: as it is
   * @param upstreamKey an upstream key of its own; null: as it is
   * @param useDefaultKey true: it uses the operator's default key from now on
   */
  public ProjectChange(
      @Nullable Markup markup, @Nullable Secret upstreamKey, boolean useDefaultKey) {
    this(markup, access(upstreamKey, useDefaultKey), LimitsChange.NONE);
  }

  private static @Nullable UpstreamAccess access(
      @Nullable Secret upstreamKey, boolean useDefaultKey) {
    if (upstreamKey != null && useDefaultKey) {
      throw new AdminException("a project has its own upstream key or uses the default, not both");
    }
    if (upstreamKey != null) {
      return UpstreamAccess.own(upstreamKey);
    }
    return useDefaultKey ? UpstreamAccess.DEFAULT : null;
  }
}
