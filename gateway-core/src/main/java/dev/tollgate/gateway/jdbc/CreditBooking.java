package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.ledger.Correction;
import dev.tollgate.gateway.ledger.Credit;
import dev.tollgate.gateway.ledger.CreditOutcome;
import dev.tollgate.gateway.ledger.CreditOutcome.Result;
import dev.tollgate.gateway.ledger.Entry;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.ProjectTotals;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** Books a credit, as specified by {@link dev.tollgate.gateway.ledger.Ledger}. */
final class CreditBooking {
  private CreditBooking() {}

  /**
   * @param project locked by the caller; null: there is no such project
   */
  static CreditOutcome book(LedgerTransaction tx, @Nullable ProjectBalance project, Credit credit)
      throws SQLException {
    if (project == null) {
      return new CreditOutcome(Result.BELOW_HELD, ProjectTotals.NOTHING.balance(), null);
    }
    Entry booked = tx.entries().find(credit.projectId(), credit.id()).orElse(null);
    String corrects = credit.corrects();
    Correction correction =
        corrects == null
            ? null
            : tx.entries().correction(credit.projectId(), corrects).orElse(null);
    Result result = CreditOutcome.decide(credit, booked, correction, project.available());
    if (result == Result.BOOKED) {
      Money amount = credit.amount();
      project.credit(amount);
      Entry corrected = correction == null ? null : correction.entry();
      var unused = tx.entries().insert(Entry.of(credit, corrected), null);
    }
    return new CreditOutcome(result, project.balance(), correction);
  }
}
