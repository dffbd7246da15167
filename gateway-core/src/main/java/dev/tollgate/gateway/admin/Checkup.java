package dev.tollgate.gateway.admin;

import dev.tollgate.gateway.ledger.Entry;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Reports.Violation;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a look over the whole database found.
 *
 * @param violations the rows that break a rule of the books; empty if all is well
 * @param open how many requests are on their way
 * @param pending how many are over, and their cost is not known yet
 * @param held what both of them hold
 * @param oldestPending since when the oldest one has been pending; null: there is none
 * @param unresolved how many charges are a fallback, because the true cost was never found out
 * @param latestUnresolved the newest of them
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
