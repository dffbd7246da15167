package dev.tollgate.gateway.ledger;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * The credits of each project, the holds for its requests, and the charges. Entries are only ever
 * added. Every change carries an id made by the caller, so a repeated call is booked once. Must be
 * safe for use by many threads.
 *
 * <p>A hold takes each of these steps at most once:
 *
 * <pre>
 *   hold -> OPEN -> capture | release
 *             `---> PENDING -> capture | release
 * </pre>
 *
 * Invariants: balance = credits - charges; loaned = the sum of the open and pending holds;
 * available = balance - loaned. Only recorded overruns can make available negative.
 *
 * <p>A method that returns a {@link CompletionStage} must not block its caller. The stage completes
 * when the change is durable, on a ledger thread. The exchange continues on that thread for some
 * tens of microseconds and must not block it.
 *
 * <p>If the store does not answer, {@link #hold} gives up after a while, and then nothing is held.
 * The other changes are retried until they succeed or the ledger is closed. A stage fails with
 * {@link dev.tollgate.gateway.account.StoreUnavailableException} if nothing was changed, or if the
 * outcome is unknown. The other methods may block, and throw that exception.
 */
public interface Ledger {
  /** How long an idempotency key is remembered. */
  Duration IDEMPOTENCY_WINDOW = Duration.ofHours(24);

  /**
   * The largest allowed difference between the clocks of a ledger's nodes. A stored time that is
   * further ahead was written by a wrong clock.
   */
  Duration CLOCK_SKEW = Duration.ofMinutes(5);

  /** The current sums of a project, never from a cache; zeros for an unknown id. */
  ProjectTotals totals(String projectId);

  /** The current balance of a project, never from a cache; zero for an unknown id. */
  default Balance balance(String projectId) {
    return totals(projectId).balance();
  }

  /**
   * The amount that a project has available, to decide by and not to be told: unlike {@link
   * #balance}, it may include changes that are not durable yet.
   */
  default Money available(String projectId) {
    return balance(projectId).available();
  }

  /**
   * The spending up to {@code at}, for display to the caller; all zeros for an unknown id. A charge
   * of the current day is included at once. A charge of the day before that is written after
   * midnight may be missing for some minutes. Only the weekly sum and the total of a key can lack
   * such a charge.
   *
   * @param keyId the key whose spending is read; null: the whole project
   */
  Spending spending(String projectId, @Nullable String keyId, Instant at);

  /**
   * Books a credit, or a correction if its amount is negative, unless it has been booked before.
   */
  CreditOutcome credit(Credit credit);

  /**
   * Checks that the money is available and holds it, in one atomic step. A repeated call returns
   * the amount held at first, whatever the state of the hold is by then. An idempotency key counts
   * for 24 hours from the first hold that used it, by {@link HoldRequest#at}.
   *
   * <p>A {@linkplain HoldRequest#free free} request is admitted whatever the caps and the balance;
   * zero is held for it.
   *
   * <p>The order of the checks is: open holds, free requests, idempotency key, caps, balance. A cap
   * counts the charges of the period and the amounts held now. The remainder of a cap is treated
   * like the balance: in {@link HoldMode#BOUNDED} any positive remainder admits the request, and
   * the hold is reduced to it. In {@link HoldMode#STRICT} the whole hold must fit.
   *
   * <p>A hold belongs to the period of {@link HoldRequest#at}. A charge counts in the period of
   * {@link Capture#at}, for the project and for the key of its hold. A counter belongs to one
   * period and holds the sum of that period's charges:
   *
   * <ul>
   *   <li>A charge of a newer period starts a new counter. Its first value is the sum of the
   *       entries already charged in that period.
   *   <li>If the counter is ahead by at most {@link #CLOCK_SKEW}, it stays. A charge of the older
   *       period is not counted. A hold of the older period is checked against the newer period's
   *       figure.
   *   <li>If the counter is further ahead, it was written by a wrong clock. A hold is checked
   *       against the sum of the entries of the hold's period. A charge corrects the counter.
   * </ul>
   *
   * <p>There are counters of days and of months. A week is the counted day and the days of the week
   * before it; the total of a key is the counted month and all months before it. A hold under such
   * a cap starts the counter of a newer day or month, as a charge does. A charge of an earlier day
   * or month is added to what is before. The total of a project is the sum of all its charges.
   *
   * <p>The same rules apply to the day of the free requests, except that its counter starts at
   * zero.
   */
  CompletionStage<HoldOutcome> hold(HoldRequest request);

  /**
   * Records the upstream's id of an answer that has begun. The first id stays. No effect on a hold
   * that has ended or does not exist.
   */
  CompletionStage<Void> recordGeneration(String holdId, String generationId);

  /**
   * Ends a hold with a charge. If the hold has already ended differently, returns {@link
   * Settled#LATE} and records the capture once, in an entry of kind {@link Entry.Kind#LATE}.
   */
  CompletionStage<Settled> capture(Capture capture);

  /**
   * Ends a hold without a charge.
   *
   * @param keepIdempotencyKey true: the idempotency key stays taken, so a repeat of the request is
   *     refused. False: the key is freed in the same transaction. The client may then send the
   *     request again, because nothing was sent upstream or the upstream refused it without a
   *     charge
   */
  CompletionStage<Settled> release(String holdId, boolean keepIdempotencyKey, Instant at);

  /**
   * Ends a pending hold by decision of the operator. Leaves an open hold unchanged, because its
   * request may still be in progress. May block; joins the transaction of the calling thread on the
   * same store, if there is one.
   *
   * @param charge the amount that the project is charged, flagged {@link Flag#UNRESOLVED}; zero or
   *     more. Null: the hold is released, and its idempotency key stays taken
   * @return {@link Settled#LATE} if the hold is not pending
   */
  Settled settle(String holdId, @Nullable Money charge, Instant at);

  /** Keeps a hold until its cost is known, reduced to the most that the request can still cost. */
  CompletionStage<Settled> pend(Pending pending);

  /**
   * Takes over the holds of gateways that are gone. Their open holds become pending, with the
   * reason {@code crash}, and are due now.
   *
   * @return how many holds of each kind were taken over
   */
  Orphans adoptOrphans(Instant now);

  /**
   * The id of the upstream key of the request whose answer had this id, see {@link
   * HoldRequest#upstreamKeyId}. Empty: no request of the project had such an answer.
   */
  Optional<String> upstreamKeyOf(String projectId, String generationId);

  /**
   * This gateway's pending holds that are due to be asked for their cost, longest waiting first.
   *
   * @param limit the maximum number of holds
   */
  List<Hold> due(Instant now, int limit);

  /**
   * Sets when the upstream is next asked for the cost of a pending hold, and counts the attempt.
   *
   * @param askedAt when the upstream last answered, or failed to answer
   */
  void defer(String holdId, Instant askedAt, Instant nextAskAt);

  /**
   * Makes the pending holds of a project due now, on every node. A project without balance then
   * does not have to wait for money that can be freed. A hold whose cost was asked for less than
   * {@code minGap} before {@code now} keeps its time.
   */
  void hurry(String projectId, Instant now, Duration minGap);

  /**
   * Corrects the times and counters that a clock left in the future while it ran ahead. For pending
   * holds of this gateway these are the next attempt, the last attempt and the time they became
   * pending. The others are the times of idempotency keys, and the counters of days and months. A
   * time becomes {@code now}; a counter becomes a counter of the current period. A time is in the
   * future if it is ahead by more than {@link #CLOCK_SKEW}. Entries stay unchanged.
   *
   * @param maxDelay the longest allowed delay until the next attempt for a pending hold
   * @return how many were corrected
   */
  int putClocksRight(Instant now, Duration maxDelay);

  /** Completes after a successful write to the store; fails if the store cannot be written. */
  CompletionStage<Void> probe();
}
