package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.jdbc.HoldTable.Placed;
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
 * Places holds and ends them, as {@link Ledger} says. The caller has locked the hold's project. A
 * change is refused, if at all, before it has written anything.
 */
final class HoldLifecycle {
  private HoldLifecycle() {}

  static HoldOutcome hold(LedgerTransaction tx, HoldRequest request) throws SQLException {
    ProjectBalance account = tx.project(request.projectId());
    if (account == null) {
      return new HoldOutcome.Insufficient(ProjectTotals.NOTHING.balance());
    }
    HoldOutcome outcome = hold(tx, account, request);
    // Only what is not held can have been held before: nothing is read for the others.
    return outcome instanceof HoldOutcome.Held ? outcome : heldBefore(tx, request).orElse(outcome);
  }

  private static HoldOutcome hold(LedgerTransaction tx, ProjectBalance account, HoldRequest request)
      throws SQLException {
    HoldLimits limits = request.limits();
    if (limits.maxOpen() > 0 && tx.holds().countOpen(request.projectId()) >= limits.maxOpen()) {
      return new HoldOutcome.TooManyOpen();
    }
    if (limits.maxFreeOfDay() > 0 && account.freeRequests(request.at()) >= limits.maxFreeOfDay()) {
      return new HoldOutcome.TooManyFree();
    }
    String name = request.idempotencyKey();
    if (name != null) {
      Instant since = request.at().minus(Ledger.IDEMPOTENCY_WINDOW);
      Optional<String> namesake = tx.idempotency().find(request.projectId(), name, since);
      if (namesake.isPresent()) {
        return new HoldOutcome.Duplicate(namesake.get());
      }
    }
    Money placed = Money.ZERO;
    if (!request.free()) {
      placed = request.amount();
      Caps caps = Caps.of(tx, account, request);
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
    if (!tx.holds().insert(request, placed)) {
      return heldBefore(tx, request).orElseThrow();
    }
    account.hold(placed);
    if (limits.maxFreeOfDay() > 0) {
      account.countFree(request.at());
    }
    if (name != null) {
      tx.idempotency().claim(request.projectId(), name, request.id(), request.at());
    }
    return new HoldOutcome.Held(placed);
  }

  /** Whether a request is let in where so much is left. */
  private static boolean admits(Money left, HoldRequest request) {
    return request.mode() == HoldMode.STRICT
        ? left.compareTo(request.amount()) >= 0
        : left.isPositive();
  }

  private static Optional<HoldOutcome> heldBefore(LedgerTransaction tx, HoldRequest request)
      throws SQLException {
    Optional<Placed> placed = tx.holds().placed(request.id());
    if (placed.isPresent() && !placed.get().projectId().equals(request.projectId())) {
      throw new IllegalStateException("another project has a hold " + request.id());
    }
    return placed.map(before -> new HoldOutcome.Held(before.amount()));
  }

  static Settled recordGeneration(LedgerTransaction tx, String holdId, String generationId)
      throws SQLException {
    tx.holds().setGeneration(holdId, generationId);
    return Settled.DONE;
  }

  static Settled capture(LedgerTransaction tx, Capture capture) throws SQLException {
    Hold hold = tx.holds().take(capture.holdId());
    if (hold == null) {
      return Settled.UNKNOWN;
    }
    if (hold.state() == State.CAPTURED || hold.state() == State.RELEASED) {
      return captureAgain(tx, hold, capture);
    }
    ProjectBalance account = tx.projectOf(hold);
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
    account.beginPeriods(capture.at(), new PeriodSums(tx.sql(), hold.request().projectId(), null));
    if (!tx.entries()
        .insert(
            entry(hold, capture, hold.id(), Entry.Kind.CHARGE, charge, capture.cost(), overrun),
            hold)) {
      throw new IllegalStateException("a credit has the id of hold " + hold.id());
    }
    account.charge(charge, hold.amount(), capture.at());
    tx.keys().charge(hold.request().projectId(), hold.request().keyId(), charge, capture.at());
    tx.holds().end(hold, State.CAPTURED, capture.generationId(), capture.at());
    // What was not charged, in strict.
    Money shortfall = capture.charge().minus(charge);
    if (shortfall.isPositive()) {
      var unused =
          tx.entries()
              .insert(
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

  private static Settled captureAgain(LedgerTransaction tx, Hold hold, Capture capture)
      throws SQLException {
    String projectId = hold.request().projectId();
    Optional<Entry> charge =
        hold.state() == State.CAPTURED ? tx.entries().find(projectId, hold.id()) : Optional.empty();
    if (charge.isPresent()) {
      Money asked =
          tx.entries()
              .find(projectId, shortfallId(hold))
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
        tx.entries()
            .insert(
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

  static Settled release(
      LedgerTransaction tx, String holdId, boolean keepIdempotencyKey, Instant at)
      throws SQLException {
    Hold hold = tx.holds().take(holdId);
    if (hold == null) {
      return Settled.UNKNOWN;
    }
    if (hold.state() == State.RELEASED) {
      return Settled.REPEATED;
    }
    if (hold.state() == State.CAPTURED) {
      return Settled.LATE;
    }
    tx.projectOf(hold).hold(Money.ZERO.minus(hold.amount()));
    tx.holds().end(hold, State.RELEASED, null, at);
    if (!keepIdempotencyKey && hold.request().idempotencyKey() != null) {
      tx.idempotency().release(hold);
    }
    return Settled.DONE;
  }

  /** See {@link Ledger#settle}; the caller has locked the project. */
  static Settled settle(LedgerTransaction tx, String holdId, @Nullable Money charge, Instant at)
      throws SQLException {
    Hold hold = tx.holds().take(holdId);
    if (hold == null) {
      return Settled.UNKNOWN;
    }
    if (hold.state() != State.PENDING) {
      return Settled.LATE;
    }
    return charge == null
        ? release(tx, holdId, true, at)
        : capture(tx, Capture.byHand(hold, charge, at));
  }

  static Settled pend(LedgerTransaction tx, Pending pending) throws SQLException {
    Hold hold = tx.holds().take(pending.holdId());
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
    tx.projectOf(hold).hold(amount.minus(hold.amount()));
    tx.holds().pend(pending, amount);
    return Settled.DONE;
  }
}
