package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.ledger.Capture;
import dev.tollgate.gateway.ledger.Entry;
import dev.tollgate.gateway.ledger.Hold;
import dev.tollgate.gateway.ledger.Hold.State;
import dev.tollgate.gateway.ledger.HoldCharge;
import dev.tollgate.gateway.ledger.Ledger;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Pending;
import dev.tollgate.gateway.ledger.Settled;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Ends holds, as specified by {@link Ledger}. The caller has locked the project of the hold. A
 * change that is refused has not written anything.
 */
final class HoldLifecycle {
  private HoldLifecycle() {}

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
    ProjectBalance project = tx.projectOf(hold);
    String projectId = hold.request().projectId();
    HoldCharge charge = HoldCharge.of(hold, capture, project.available());
    project.requireCountable(charge.charge());
    // Before the entry is written: otherwise the entry would be counted twice.
    project.beginPeriods(capture.at(), tx.chargesOf(projectId));
    if (!tx.entries().insert(charge.entry(), hold)) {
      throw new IllegalStateException("a credit has the id of hold " + hold.id());
    }
    project.charge(charge.charge(), hold.amount(), capture.at());
    tx.keys().charge(projectId, hold.request().keyId(), charge.charge(), capture.at());
    tx.holds().end(hold, State.CAPTURED, capture.generationId(), capture.at());
    Entry shortfall = charge.shortfallEntry().orElse(null);
    if (shortfall != null) {
      var unused = tx.entries().insert(shortfall, hold);
    }
    return Settled.DONE;
  }

  private static Settled captureAgain(LedgerTransaction tx, Hold hold, Capture capture)
      throws SQLException {
    String projectId = hold.request().projectId();
    Optional<Entry> charge =
        hold.state() == State.CAPTURED ? tx.entries().find(projectId, hold.id()) : Optional.empty();
    if (charge.isPresent()) {
      Entry shortfall =
          tx.entries().find(projectId, HoldCharge.shortfallId(hold.id())).orElse(null);
      if (HoldCharge.isRepeat(capture, charge.get(), shortfall)) {
        return Settled.REPEATED;
      }
    }
    var unused = tx.entries().insert(HoldCharge.lateEntry(hold, capture), hold);
    return Settled.LATE;
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

  /** See {@link Ledger#settle}. */
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
