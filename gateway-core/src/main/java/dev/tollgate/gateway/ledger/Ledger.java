package dev.tollgate.gateway.ledger;

/**
 * The books: what was credited to each project and what is left. Entries are only ever added; each
 * has an id made by the caller, so that saying a thing twice books it once. Must be safe for use by
 * many threads. Methods may block and throw {@link
 * dev.tollgate.gateway.account.StoreUnavailableException}.
 */
public interface Ledger {
  /** The balance of a project as of now, never from a cache; zero for an unknown id. */
  Balance balance(String projectId);

  /**
   * Books a credit, or a correction if its amount is negative, unless it has been booked before.
   */
  CreditOutcome credit(Credit credit);
}
