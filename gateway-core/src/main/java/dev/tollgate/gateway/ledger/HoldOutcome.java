package dev.tollgate.gateway.ledger;

/** The outcome of a {@link HoldRequest}. */
public sealed interface HoldOutcome {
  /**
   * The money is held: the request may be sent.
   *
   * @param amount the amount held; in {@link HoldMode#BOUNDED} possibly less than requested
   */
  record Held(Money amount) implements HoldOutcome {}

  /**
   * Nothing is held: the balance is too low.
   *
   * @param balance the project's balance
   */
  record Insufficient(Balance balance) implements HoldOutcome {}

  /**
   * Nothing is held: another request of the project had the same idempotency key.
   *
   * @param holdId the id of that request
   */
  record Duplicate(String holdId) implements HoldOutcome {}

  /** Nothing is held: {@link HoldLimits#maxOpen} requests are already open. */
  record TooManyOpen() implements HoldOutcome {}

  /** Nothing is held: {@link HoldLimits#maxFreeOfDay} requests were already made today. */
  record TooManyFree() implements HoldOutcome {}

  /**
   * Nothing is held: charges and holds use up the spending cap of a period.
   *
   * @param period the period of the cap; if several caps are reached, the longest period
   */
  record CapReached(Period period) implements HoldOutcome {}
}
