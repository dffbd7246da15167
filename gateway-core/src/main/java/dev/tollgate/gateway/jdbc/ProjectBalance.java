package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.ledger.Balance;
import dev.tollgate.gateway.ledger.FreeRequests;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Period;
import dev.tollgate.gateway.ledger.PeriodCounters;
import dev.tollgate.gateway.ledger.ProjectTotals;
import java.sql.SQLException;
import java.time.Instant;

/** A project's totals and counters, which one transaction reads, changes and writes. */
final class ProjectBalance {
  private Money credits;
  private Money charges;
  private Money held;
  private PeriodCounters counters;
  private FreeRequests freeRequests;
  private boolean changed;
  private boolean counted;

  ProjectBalance(ProjectTotals totals, PeriodCounters counters, FreeRequests freeRequests) {
    this.credits = totals.credits();
    this.charges = totals.charges();
    this.held = totals.loaned();
    this.counters = counters;
    this.freeRequests = freeRequests;
  }

  ProjectTotals totals() {
    return new ProjectTotals(credits, charges, held);
  }

  Balance balance() {
    return totals().balance();
  }

  Money available() {
    return balance().available();
  }

  Money held() {
    return held;
  }

  PeriodCounters counters() {
    return counters;
  }

  FreeRequests freeRequests() {
    return freeRequests;
  }

  /** Whether the row must be written. */
  boolean isChanged() {
    return changed;
  }

  /** Whether the counters changed too; a hold rarely changes them. */
  boolean isCounted() {
    return counted;
  }

  void credit(Money amount) {
    credits = credits.plus(amount);
    changed = true;
  }

  void hold(Money amount) {
    held = held.plus(amount);
    changed = true;
  }

  void countFree(Instant at) {
    freeRequests = freeRequests.plusOne(at);
    counted = true;
    changed = true;
  }

  /** Throws {@link ArithmeticException} if a charge would make the sums overflow. */
  void requireCountable(Money charge) {
    var unused = credits.minus(charges.plus(charge)).minus(held);
  }

  /** Starts the counters for the periods of a charge, before the charge is counted. */
  void beginPeriods(Instant at, PeriodSums entries) throws SQLException {
    counters = counters.begun(at, entries);
  }

  /** The counters, which then know what the caps of a period need. */
  PeriodCounters knowing(Period period, Instant at, PeriodSums entries) throws SQLException {
    PeriodCounters knowing = counters.knowing(period, at, entries);
    if (!knowing.equals(counters)) {
      counters = knowing;
      counted = true;
      changed = true;
    }
    return knowing;
  }

  void charge(Money amount, Money released, Instant at) {
    charges = charges.plus(amount);
    counters = counters.plus(amount, at);
    counted = true;
    hold(Money.ZERO.minus(released));
  }

  /**
   * Replaces counters that are ahead of {@code now} with counters of the current periods.
   *
   * @return how many counters were ahead
   */
  int putRight(Instant now, PeriodSums entries) throws SQLException {
    PeriodCounters right = counters.putRight(now, entries);
    FreeRequests free = freeRequests.putRight(now);
    int ahead = right.differences(counters) + (free.day() == freeRequests.day() ? 0 : 1);
    counters = right;
    freeRequests = free;
    if (ahead > 0) {
      counted = true;
      changed = true;
    }
    return ahead;
  }
}
