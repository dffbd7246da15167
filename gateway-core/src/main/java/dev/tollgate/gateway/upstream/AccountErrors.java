package dev.tollgate.gateway.upstream;

import dev.tollgate.gateway.flavor.Flavor;

/**
 * Policy that says from which callers upstream errors about the operator's account are hidden.
 * Those callers cannot fix such an error, and their SDKs would take it for an error of their own
 * account.
 */
public enum AccountErrors {
  /** Hidden from all callers, except where the flavor promises that upstream errors pass. */
  AUTO,
  /** Hidden from all callers. */
  TRUE,
  /** Hidden from no caller. */
  FALSE;

  public boolean areHiddenFrom(Flavor flavor) {
    return this == TRUE || (this == AUTO && !flavor.showsAccountErrors());
  }
}
