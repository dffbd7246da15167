package dev.tollgate.gateway.ledger;

import dev.tollgate.gateway.account.SpendingCaps;
import java.time.Instant;
import java.util.function.Predicate;

/**
 * What is held for a project, or with a key, and what was charged in the newest day and month. Of
 * {@link InMemoryLedger}, and guarded by its lock.
 */
final class InMemorySpender {
  private final PeriodCounters.Entries<RuntimeException> entries;
  private PeriodCounters counters = PeriodCounters.NOTHING;
  private Money held = Money.ZERO;

  /**
   * @param which of the project's entries are counted
   */
  InMemorySpender(InMemoryProject project, Predicate<Entry> which) {
    this.entries =
        (from, to) ->
            project.charged(
                which.and(entry -> !entry.at().isBefore(from) && entry.at().isBefore(to)));
  }

  Money held() {
    return held;
  }

  void hold(Money instead, Money of) {
    held = held.minus(of).plus(instead);
  }

  /** Counts a charge whose entry is not written yet. */
  void charge(Money amount, Instant at) {
    counters = counters.begun(at, entries).plus(amount, at);
  }

  Money charged(Period period, Instant at) {
    return counters.charged(period, at, entries);
  }

  Money left(Period period, SpendingCaps caps, Instant at) {
    if (period.cap(caps).isPresent()) {
      counters = counters.begunFor(period, at, entries);
    }
    return counters.left(period, caps, held, at, entries);
  }

  /**
   * Begins the periods of now where a counter is ahead.
   *
   * @return how many were
   */
  int putRight(Instant now) {
    PeriodCounters before = counters;
    counters = before.putRight(now, entries);
    return counters.differences(before);
  }
}
