package dev.tollgate.gateway.admin;

import dev.tollgate.gateway.account.Markup;
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
}
