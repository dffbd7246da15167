package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.jdbc.Books.Account;
import dev.tollgate.gateway.jdbc.Books.Placed;
import dev.tollgate.gateway.ledger.Capture;
import dev.tollgate.gateway.ledger.Entry;
import dev.tollgate.gateway.ledger.Hold;
import dev.tollgate.gateway.ledger.Hold.State;
import dev.tollgate.gateway.ledger.HoldLimits;
import dev.tollgate.gateway.ledger.HoldMode;
import dev.tollgate.gateway.ledger.HoldOutcome;
import dev.tollgate.gateway.ledger.HoldRequest;
import dev.tollgate.gateway.ledger.Ledger;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Pending;
import dev.tollgate.gateway.ledger.Period;
import dev.tollgate.gateway.ledger.ProjectTotals;
import dev.tollgate.gateway.ledger.Settled;
import dev.tollgate.gateway.ledger.Tokens;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of the books by each change to a hold; see {@link Ledger}. Each is refused, if at
 * all, before it has written anything.
 */
final class Changes {
  private Changes() {}

  static HoldOutcome hold(Books books, HoldRequest request) throws SQLException {
    Account account = books.account(request.projectId());
    if (account == null) {
      return new HoldOutcome.Insufficient(ProjectTotals.NOTHING.balance());
    }
    HoldOutcome outcome = hold(books, account, request);
    // Only what is not held can have been held before: nothing is read for the others.
    return outcome instanceof HoldOutcome.Held
        ? outcome
        : heldBefore(books, request).orElse(outcome);
  }

  private static HoldOutcome hold(Books books, Account account, HoldRequest request)
      throws SQLException {
    HoldLimits limits = request.limits();
    if (limits.maxOpen() > 0 && books.open(request.projectId()) >= limits.maxOpen()) {
      return new HoldOutcome.TooManyOpen();
    }
    if (limits.maxFreeOfDay() > 0 && account.freeRequests(request.at()) >= limits.maxFreeOfDay()) {
      return new HoldOutcome.TooManyFree();
    }
    String name = request.idempotencyKey();
    if (name != null) {
      Instant since = request.at().minus(Ledger.IDEMPOTENCY_WINDOW);
      Optional<String> namesake = books.namesake(request.projectId(), name, since);
      if (namesake.isPresent()) {
        return new HoldOutcome.Duplicate(namesake.get());
      }
    }
    Money placed = Money.ZERO;
    if (!request.free()) {
      placed = request.amount();
      Caps caps = Caps.of(books, account, request);
      for (Period period : Period.LONGEST_FIRST) {
        Money left = caps.left(period);
        if (!admits(left, request)) {
          return new HoldOutcome.CapReached(period);
        }
        placed = placed.min(left);
      }
      if (!admits(account.available(), request)) {
        return new HoldOutcome.Insufficient(account.balance());
      }
      placed = placed.min(account.available());
    }
    if (!books.insertHold(request, placed)) {
      return heldBefore(books, request).orElseThrow();
    }
    account.hold(placed);
    if (limits.maxFreeOfDay() > 0) {
      account.countFree(request.at());
    }
    if (name != null) {
      books.takeName(request.projectId(), name, request.id(), request.at());
    }
    return new HoldOutcome.Held(placed);
  }

  /** Whether a request is let in where so much is left. */
  private static boolean admits(Money left, HoldRequest request) {
    return request.mode() == HoldMode.STRICT
        ? left.compareTo(request.amount()) >= 0
        : left.isPositive();
  }

  private static Optional<HoldOutcome> heldBefore(Books books, HoldRequest request)
      throws SQLException {
    Optional<Placed> placed = books.placed(request.id());
    if (placed.isPresent() && !placed.get().projectId().equals(request.projectId())) {
      throw new IllegalStateException("another project has a hold " + request.id());
    }
    return placed.map(before -> new HoldOutcome.Held(before.amount()));
  }

  static Settled recordGeneration(Books books, String holdId, String generationId)
      throws SQLException {
    books.setGeneration(holdId, generationId);
    return Settled.DONE;
  }

  static Settled capture(Books books, Capture capture) throws SQLException {
    Hold hold = lockedHold(books, capture.holdId());
    if (hold == null) {
      return Settled.UNKNOWN;
    }
    if (hold.state() == State.CAPTURED || hold.state() == State.RELEASED) {
      return captureAgain(books, hold, capture);
    }
    Account account = account(books, hold);
    Money charge = capture.charge();
    Money overrun = Money.ZERO;
    if (hold.request().mode() == HoldMode.STRICT) {
      // What is free covers a hold that was cut, up to what was held at first.
      Money covered = hold.amount().plus(account.available().max(Money.ZERO));
      charge = charge.min(hold.placed()).min(covered);
    } else {
      overrun = charge.minus(hold.amount()).max(Money.ZERO);
    }
    account.requireCountable(charge);
    // Before the entry is written, which would be counted twice.
    account.beginPeriods(capture.at(), books.entries(hold.request().projectId(), null));
    if (!books.insertEntry(
        entry(hold, capture, hold.id(), Entry.Kind.CHARGE, charge, capture.cost(), overrun),
        hold)) {
      throw new IllegalStateException("a credit has the id of hold " + hold.id());
    }
    account.charge(charge, hold.amount(), capture.at());
    books.keys().charge(hold.request().projectId(), hold.request().keyId(), charge, capture.at());
    books.endHold(hold, State.CAPTURED, capture.generationId(), capture.at());
    // What was not charged, in strict.
    Money shortfall = capture.charge().minus(charge);
    if (shortfall.isPositive()) {
      var unused =
          books.insertEntry(
              entry(
                  hold,
                  capture,
                  shortfallId(hold),
                  Entry.Kind.SHORTFALL,
                  shortfall,
                  Money.ZERO,
                  Money.ZERO),
              hold);
    }
    return Settled.DONE;
  }

  private static Settled captureAgain(Books books, Hold hold, Capture capture) throws SQLException {
    String projectId = hold.request().projectId();
    Optional<Entry> charge =
        hold.state() == State.CAPTURED ? books.entry(projectId, hold.id()) : Optional.empty();
    if (charge.isPresent()) {
      Money asked =
          books
              .entry(projectId, shortfallId(hold))
              .map(Entry::amount)
              .orElse(Money.ZERO)
              .plus(charge.get().amount());
      if (asked.equals(capture.charge())
          && charge.get().literal().equals(capture.literal())
          && charge.get().flags().equals(capture.flags())) {
        return Settled.REPEATED;
      }
    }
    var unused =
        books.insertEntry(
            entry(
                hold,
                capture,
                hold.id() + "/late",
                Entry.Kind.LATE,
                capture.charge(),
                capture.cost(),
                Money.ZERO),
            hold);
    return Settled.LATE;
  }

  private static String shortfallId(Hold hold) {
    return hold.id() + "/shortfall";
  }

  private static Entry entry(
      Hold hold,
      Capture capture,
      String id,
      Entry.Kind kind,
      Money amount,
      Money cost,
      Money overrun) {
    boolean whole = kind != Entry.Kind.SHORTFALL;
    return new Entry(
        hold.request().projectId(),
        id,
        kind,
        amount,
        cost,
        overrun,
        whole ? capture.literal() : "",
        whole ? capture.flags() : Set.of(),
        whole ? capture.tokens() : Tokens.NONE,
        hold.request().keyId(),
        orElse(capture.model(), hold.request().model()),
        orElse(capture.generationId(), orElse(hold.generationId(), "")),
        "",
        capture.at());
  }

  private static String orElse(@Nullable String first, String second) {
    return first == null ? second : first;
  }

  static Settled release(Books books, String holdId, boolean keepIdempotencyKey, Instant at)
      throws SQLException {
    Hold hold = lockedHold(books, holdId);
    if (hold == null) {
      return Settled.UNKNOWN;
    }
    if (hold.state() == State.RELEASED) {
      return Settled.REPEATED;
    }
    if (hold.state() == State.CAPTURED) {
      return Settled.LATE;
    }
    account(books, hold).hold(Money.ZERO.minus(hold.amount()));
    books.endHold(hold, State.RELEASED, null, at);
    if (!keepIdempotencyKey && hold.request().idempotencyKey() != null) {
      books.freeName(hold);
    }
    return Settled.DONE;
  }

  /** See {@link Ledger#settle}; the caller has locked the project. */
  static Settled settle(Books books, String holdId, @Nullable Money charge, Instant at)
      throws SQLException {
    Hold hold = lockedHold(books, holdId);
    if (hold == null) {
      return Settled.UNKNOWN;
    }
    if (hold.state() != State.PENDING) {
      return Settled.LATE;
    }
    return charge == null
        ? release(books, holdId, true, at)
        : capture(books, Capture.byHand(hold, charge, at));
  }

  static Settled pend(Books books, Pending pending) throws SQLException {
    Hold hold = lockedHold(books, pending.holdId());
    if (hold == null) {
      return Settled.UNKNOWN;
    }
    if (hold.state() == State.PENDING) {
      return Settled.REPEATED;
    }
    if (hold.state() != State.OPEN) {
      return Settled.LATE;
    }
    Money amount = pending.amount().max(Money.ZERO).min(hold.amount());
    account(books, hold).hold(amount.minus(hold.amount()));
    books.pendHold(pending, amount);
    return Settled.DONE;
  }

  /** The hold, whose project the queue has locked before; null if there is none. */
  private static @Nullable Hold lockedHold(Books books, String holdId) throws SQLException {
    return books.hold(holdId).orElse(null);
  }

  private static Account account(Books books, Hold hold) throws SQLException {
    Account account = books.account(hold.request().projectId());
    if (account == null) {
      throw new IllegalStateException("hold " + hold.id() + " is of no project");
    }
    return account;
  }
}
