package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.account.SpendingCaps;
import dev.tollgate.gateway.ledger.HoldRequest;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Period;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What the spending caps leave for a request, as of now; see {@link LedgerTransaction}. */
final class Caps {
  private static final Money UNLIMITED = new Money(Long.MAX_VALUE);

  /** Of the project or the key. */
  private record Capped(SpendingCaps caps, Spent spent, Money held, PeriodSums entries) {
    Money left(Period period, Instant at) throws SQLException {
      Optional<Money> cap = period.cap(caps);
      if (cap.isEmpty()) {
        return UNLIMITED;
      }
      // Never below zero in between: three amounts of any size are too many for a long.
      return cap.get().minus(spent.charged(period, at, entries)).max(Money.ZERO).minus(held);
    }
  }

  private final List<Capped> capped = new ArrayList<>();
  private final Instant at;

  private Caps(Instant at) {
    this.at = at;
  }

  /** Reads what it takes: nothing where there is no cap, or only the project's. */
  static Caps of(LedgerTransaction tx, ProjectBalance account, HoldRequest request)
      throws SQLException {
    Caps all = new Caps(request.at());
    SpendingCaps project = request.limits().project();
    if (!project.isEmpty()) {
      all.capped.add(
          new Capped(
              project,
              account.spent(),
              account.held(),
              new PeriodSums(tx.sql(), request.projectId(), null)));
    }
    SpendingCaps key = request.limits().key();
    if (!key.isEmpty()) {
      all.capped.add(
          new Capped(
              key,
              tx.keys().spent(request.projectId(), request.keyId()),
              HoldTable.heldWithKey(tx.sql(), request.projectId(), request.keyId()),
              new PeriodSums(tx.sql(), request.projectId(), request.keyId())));
    }
    return all;
  }

  /** The least that is left in the period: zero or less if a cap is reached. */
  Money left(Period period) throws SQLException {
    Money least = UNLIMITED;
    for (Capped each : capped) {
      least = least.min(each.left(period, at));
    }
    return least;
  }
}
