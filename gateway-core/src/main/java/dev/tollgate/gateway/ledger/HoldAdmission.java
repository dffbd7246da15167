package dev.tollgate.gateway.ledger;

import java.time.Instant;
import java.util.Optional;

/** Decides whether to place a hold, and for what amount, for a {@link Ledger}. */
public final class HoldAdmission {
  /**
   * The project that asks for a hold. A decision reads each figure at most once per period, and
   * only if needed.
   *
   * @param <E> thrown if a figure cannot be read
   */
  public interface Account<E extends Exception> {
    /** The number of open holds of the project. */
    long openHolds() throws E;

    /** The number of free requests that count at the time of the request. */
    long freeRequests() throws E;

    /** The hold that has used an idempotency key of the project since {@code since}. */
    Optional<String> holdOf(String idempotencyKey, Instant since) throws E;

    /** The amount that the caps of a period leave: the smaller of the project's and the key's. */
    Money left(Period period) throws E;

    Balance balance() throws E;
  }

  private HoldAdmission() {}

  /**
   * Decides in the order that {@link Ledger#hold} states.
   *
   * @return {@link HoldOutcome.Held} with the amount to hold, or the reason for the refusal
   */
  public static <E extends Exception> HoldOutcome decide(HoldRequest request, Account<E> account)
      throws E {
    HoldLimits limits = request.limits();
    if (limits.maxOpen() > 0 && account.openHolds() >= limits.maxOpen()) {
      return new HoldOutcome.TooManyOpen();
    }
    if (limits.maxFreeOfDay() > 0 && account.freeRequests() >= limits.maxFreeOfDay()) {
      return new HoldOutcome.TooManyFree();
    }
    String key = request.idempotencyKey();
    if (key != null) {
      Instant since = request.at().minus(Ledger.IDEMPOTENCY_WINDOW);
      Optional<String> first = account.holdOf(key, since);
      if (first.isPresent()) {
        return new HoldOutcome.Duplicate(first.get());
      }
    }
    return request.free() ? new HoldOutcome.Held(Money.ZERO) : fit(request, account);
  }

  private static <E extends Exception> HoldOutcome fit(HoldRequest request, Account<E> account)
      throws E {
    Money placed = request.amount();
    for (Period period : Period.LONGEST_FIRST) {
      Money left = account.left(period);
      if (!admits(left, request)) {
        return new HoldOutcome.CapReached(period);
      }
      placed = placed.min(left);
    }
    Balance balance = account.balance();
    return admits(balance.available(), request)
        ? new HoldOutcome.Held(placed.min(balance.available()))
        : new HoldOutcome.Insufficient(balance);
  }

  private static boolean admits(Money left, HoldRequest request) {
    return request.mode() == HoldMode.STRICT
        ? left.compareTo(request.amount()) >= 0
        : left.isPositive();
  }
}
