package dev.tollgate.gateway.ledger;

/** What became of a {@link HoldRequest}. */
public sealed interface HoldOutcome {
  /**
   * The money is held: the request may be sent.
   *
   * @param amount what is held; in {@link HoldMode#BOUNDED} possibly less than was asked for
   */
  record Held(Money amount) implements HoldOutcome {}

  /**
   * Nothing is held, for want of money.
   *
   * @param balance what the project has
   */
  record Insufficient(Balance balance) implements HoldOutcome {}

  /**
   * Nothing is held: another request of the project had the same idempotency key.
   *
   * @param holdId the id of that request
   */
  record Duplicate(String holdId) implements HoldOutcome {}

  /** Nothing is held: as many requests are open as {@link HoldLimits#maxOpen} lets be. */
  record TooManyOpen() implements HoldOutcome {}

  /** Nothing is held: {@link HoldLimits#maxFreeOfDay} requests were made today. */
  record TooManyFree() implements HoldOutcome {}

  /**
   * Nothing is held: what may be spent in a period is spent, or held.
   *
   * @param period of the cap; of several that are reached the one that lasts longest
   */
  record CapReached(Period period) implements HoldOutcome {}
}
