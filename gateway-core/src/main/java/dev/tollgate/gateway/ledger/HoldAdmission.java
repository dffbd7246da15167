package dev.tollgate.gateway.ledger;

import java.time.Instant;
import java.util.Optional;

/** Decides whether a hold is placed, and how much of it, for a {@link Ledger}. */
public final class HoldAdmission {
  /**
   * The project that a hold is asked for. Each figure is asked for at most once a period, and only
   * where the decision needs it.
   *
   * @param <E> what is thrown if a figure cannot be read
   */
  public interface Account<E extends Exception> {
    /** How many holds of the project are open. */
    long openHolds() throws E;

    /** How many free requests count at the moment of the request. */
    long freeRequests() throws E;

    /** The hold that has had an idempotency key of the project since after a moment. */
    Optional<String> holdOf(String idempotencyKey, Instant since) throws E;

    /** What the caps of a period leave to the project and to the key: the lesser of the two. */
    Money left(Period period) throws E;

    Balance balance() throws E;
  }

  private HoldAdmission() {}

  /**
   * Decides in the order that {@link Ledger#hold} states.
   *
   * @return {@link HoldOutcome.Held}, with the amount that is to be held, or why nothing is
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
