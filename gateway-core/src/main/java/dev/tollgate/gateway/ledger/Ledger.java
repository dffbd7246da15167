package dev.tollgate.gateway.ledger;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * The books: what was credited to each project, what is held for its requests and what they were
 * charged. Entries are only ever added; everything has an id made by the caller, so that saying a
 * thing twice books it once. Must be safe for use by many threads.
 *
 * <p>A hold lives so, each step at most once:
 *
 * <pre>
 *   hold -> OPEN -> capture | release
 *             `---> PENDING -> capture | release
 * </pre>
 *
 * Always: balance = credits - charges; loaned = the sum of the open and pending holds; available =
 * balance - loaned, and that below zero only by recorded overruns.
 *
 * <p>What returns a {@link CompletionStage} must not block its caller, and the stage completes when
 * the change is durable, on a thread of the ledger, which must not be blocked in turn: the exchange
 * goes on there, for some tens of microseconds. A store that does not answer: {@link #hold} gives
 * up after a while, and then nothing is held; the other changes are tried until they are made or
 * the ledger is closed. A stage fails with {@link
 * dev.tollgate.gateway.account.StoreUnavailableException} where nothing was changed, or nothing is
 * known of it. The other methods may block, and throw that exception.
 */
public interface Ledger {
  /** How long an idempotency key is remembered. */
  Duration IDEMPOTENCY_WINDOW = Duration.ofHours(24);

  /**
   * How far the clocks of a ledger's nodes may differ. What is further ahead was written by a clock
   * that was wrong.
   */
  Duration CLOCK_SKEW = Duration.ofMinutes(5);

  /** The sums of a project as of now, never from a cache; zeros for an unknown id. */
  ProjectTotals totals(String projectId);

  /** The balance of a project as of now, never from a cache; zero for an unknown id. */
  default Balance balance(String projectId) {
    return totals(projectId).balance();
  }

  /**
   * What was spent up to a moment, for the caller to see; all zeros for an unknown id. A charge of
   * the day is in it at once. A charge that is written after midnight for the day before may be
   * missing for some minutes from the sums that are older than a day.
   *
   * @param keyId null: all of the project
   */
  Spending spending(String projectId, @Nullable String keyId, Instant at);

  /**
   * Books a credit, or a correction if its amount is negative, unless it has been booked before.
   */
  CreditOutcome credit(Credit credit);

  /**
   * Holds money, in one step with the check that it is there. A repeat, of whatever state the hold
   * is in by now, answers what was held at first. An idempotency key counts for 24 hours from the
   * hold that had it first, by {@link HoldRequest#at}.
   *
   * <p>A {@linkplain HoldRequest#free free} request is admitted whatever caps and balance leave;
   * zero is held for it.
   *
   * <p>In this order: how many are open, how many free ones there were, the idempotency key, the
   * caps, the money. A cap counts what was charged in the period and what is held at the moment;
   * what it leaves is treated as the balance is: in {@link HoldMode#BOUNDED} anything left admits
   * and the hold is cut to it, in {@link HoldMode#STRICT} all of the hold must fit.
   *
   * <p>The period is that of {@link HoldRequest#at}; a charge counts in that of {@link Capture#at},
   * for the project and for the key of its hold. A counter is of one period, and says the sum of
   * that period's charges:
   *
   * <ul>
   *   <li>A charge of a newer period begins it, with what the entries say was charged in it before.
   *   <li>If the counter is ahead by at most {@link #CLOCK_SKEW}, it stays: a charge of the older
   *       period is not counted, and a hold of it meets the newer period's figure.
   *   <li>If the counter is further ahead, a clock was wrong when it was written. A hold meets the
   *       sum of its own period's entries. A charge puts the counter right.
   * </ul>
   *
   * <p>The same goes for the day of the free requests, which begins with none.
   */
  CompletionStage<HoldOutcome> hold(HoldRequest request);

  /**
   * Writes down the upstream's id of an answer that has begun. The first one stays; no effect on a
   * hold that has ended or does not exist.
   */
  CompletionStage<Void> recordGeneration(String holdId, String generationId);

  /**
   * Ends a hold by a charge. Another charge than the one before is {@link Settled#LATE} and written
   * down in an entry of that kind, once.
   */
  CompletionStage<Settled> capture(Capture capture);

  /**
   * Ends a hold without a charge.
   *
   * @param keepIdempotencyKey whether the idempotency key stays taken, so that a repeat of the
   *     request is refused. False frees the key in the same transaction: the client may send the
   *     request again, because nothing was sent or the upstream refused it without a charge
   */
  CompletionStage<Settled> release(String holdId, boolean keepIdempotencyKey, Instant at);

  /**
   * Ends a pending hold as the operator decides. An open hold is left alone: its request may still
   * be on its way. May block; joins a transaction that the calling thread is in on the same store.
   *
   * @param charge what the project is charged, flagged {@link Flag#UNRESOLVED}; zero or more. Null:
   *     the hold is released, and its idempotency key stays taken
   * @return {@link Settled#LATE} if the hold is not pending
   */
  Settled settle(String holdId, @Nullable Money charge, Instant at);

  /** Keeps a hold, cut to what the request may cost by now, until its cost is known. */
  CompletionStage<Settled> pend(Pending pending);

  /**
   * Makes the holds of gateways that are gone this one's: those that were open become pending, with
   * the reason {@code crash} and due now.
   *
   * @return how many holds of each kind there were
   */
  Orphans adoptOrphans(Instant now);

  /**
   * The upstream key that a project's request was sent with whose answer had this id; see {@link
   * HoldRequest#upstreamKeyId}. Empty: no request of the project had such an answer.
   */
  Optional<String> upstreamKeyOf(String projectId, String generationId);

  /**
   * This gateway's pending holds whose cost is to be asked for, those waiting longest first.
   *
   * @param limit how many at most
   */
  List<Hold> due(Instant now, int limit);

  /**
   * Says when the cost of a pending hold is asked for again, and counts the attempt.
   *
   * @param askedAt when the upstream answered, or failed to answer, the last time
   */
  void defer(String holdId, Instant askedAt, Instant nextAskAt);

  /**
   * Makes the pending holds of a project due now, on whatever node they are, so that a project
   * without balance need not wait for money that can be freed. A hold whose cost was asked for less
   * than {@code minGap} before {@code now} keeps its time.
   */
  void hurry(String projectId, Instant now, Duration minGap);

  /**
   * Puts right what a clock that was ahead once has left in the future: when a pending hold of this
   * gateway is asked for next, was asked for last and has been pending since; when an idempotency
   * key was taken; the counters of days and months. A time becomes {@code now}, a counter one of
   * the period of {@code now}. Times are in the future if they are ahead by more than {@link
   * #CLOCK_SKEW}. What was booked stays as it is.
   *
   * @param maxDelay how far ahead a pending hold is asked for next at most
   * @return how many were put right
   */
  int putClocksRight(Instant now, Duration maxDelay);

  /** Completes when something was written just now; fails if that is not possible. */
  CompletionStage<Void> probe();
}
