package dev.tollgate.gateway.admin;

import dev.tollgate.gateway.ledger.Entry;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Reports.Violation;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The result of a check of the whole database.
 *
 * @param violations the rows that break a ledger invariant; empty if there are none
 * @param open the number of requests in progress
 * @param pending the number of ended requests whose cost is not known yet
 * @param held the amount that open and pending requests hold
 * @param oldestPending the time since which the oldest pending request has been pending; null: none
 *     is pending
 * @param unresolved the number of charges that are a fallback because the true cost was never found
 * @param latestUnresolved the newest of these charges, at most 100
 */
public record Checkup(
    List<Violation> violations,
    long open,
    long pending,
    Money held,
    @Nullable Instant oldestPending,
    long unresolved,
    List<Entry> latestUnresolved) {
  /** Copies the lists. */
  public Checkup {
    violations = List.copyOf(violations);
    latestUnresolved = List.copyOf(latestUnresolved);
  }
}
