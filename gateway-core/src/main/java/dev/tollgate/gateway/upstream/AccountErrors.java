package dev.tollgate.gateway.upstream;

import dev.tollgate.gateway.flavor.Flavor;

/**
 * Which callers do not see an upstream answer that speaks of the operator's account. They cannot do
 * anything about it, and their SDKs would take it for their own account's.
 */
public enum AccountErrors {
  /** All but those whose flavor promises that upstream errors pass. */
  AUTO,
  /** All. */
  TRUE,
  /** None. */
  FALSE;

  public boolean areHiddenFrom(Flavor flavor) {
    return this == TRUE || (this == AUTO && !flavor.showsAccountErrors());
  }
}
