package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.ledger.Balance;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Period;
import dev.tollgate.gateway.ledger.ProjectTotals;
import java.sql.SQLException;
import java.time.Instant;

/** A project's totals and counters, which one transaction reads, changes and writes. */
final class ProjectBalance {
  private Money credits;
  private Money charges;
  private Money held;
  private Spent spent;
  private long freeDay;
  private long freeRequests;
  private boolean changed;
  private boolean counted;

  ProjectBalance(
      Money credits, Money charges, Money held, Spent spent, long freeDay, long freeRequests) {
    this.credits = credits;
    this.charges = charges;
    this.held = held;
    this.spent = spent;
    this.freeDay = freeDay;
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

  void credit(Money amount) {
    credits = credits.plus(amount);
    changed = true;
  }

  /** Throws {@link ArithmeticException} if a charge would leave sums that cannot be counted. */
  void requireCountable(Money charge) {
    var unused = credits.minus(charges.plus(charge)).minus(held);
  }

  /** Begins the periods of a charge that is about to be made. */
  void beginPeriods(Instant at, PeriodSums entries) throws SQLException {
    spent = spent.begun(at, entries);
  }

  void charge(Money amount, Money released, Instant at) {
    charges = charges.plus(amount);
    spent = spent.plus(amount, at);
    counted = true;
    hold(Money.ZERO.minus(released));
  }

  Spent spent() {
    return spent;
  }

  /** Whether the row is to be written. */
  boolean isChanged() {
    return changed;
  }

  /** Whether the counters that limits go by changed, too: with a hold they mostly do not. */
  boolean isCounted() {
    return counted;
  }

  long freeDay() {
    return freeDay;
  }

  long freeRequests() {
    return freeRequests;
  }

  Money held() {
    return held;
  }

  /** How many free requests there were on the day of {@code at}, or on a newer one that counts. */
  long freeRequests(Instant at) {
    return isFreeDayOf(at) ? freeRequests : 0;
  }

  void countFree(Instant at) {
    freeRequests = freeRequests(at) + 1;
    freeDay = isFreeDayOf(at) ? freeDay : Period.DAILY.number(at);
    counted = true;
    changed = true;
  }

  private boolean isFreeDayOf(Instant at) {
    return Period.DAILY.number(at) <= freeDay && !Period.DAILY.isAhead(freeDay, at);
  }

  /**
   * Begins the periods of now where a counter is ahead.
   *
   * @return how many were
   */
  int putRight(Instant now, PeriodSums entries) throws SQLException {
    Spent before = spent;
    spent = spent.putRight(now, entries);
    int ahead = spent.differences(before);
    if (Period.DAILY.isAhead(freeDay, now)) {
      freeDay = Period.DAILY.number(now);
      freeRequests = 0;
      ahead++;
    }
    if (ahead > 0) {
      counted = true;
      changed = true;
    }
    return ahead;
  }

  void hold(Money amount) {
    held = held.plus(amount);
    changed = true;
  }
}
