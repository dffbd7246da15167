package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Period;
import dev.tollgate.gateway.ledger.PeriodCounters;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The sums of a project's or a key's charges, from the entries. Needed only if a counter belongs to
 * another period, or for the first cap of a week or in total.
 *
 * @param keyId null: the whole project
 */
record PeriodSums(SqlSession sql, String projectId, @Nullable String keyId)
    implements PeriodCounters.Entries<SQLException> {
  private static final Logger LOG = System.getLogger(PeriodSums.class.getName());

  // Uses the index ledger_entry_by_time.
  private static final String SUM =
      "SELECT coalesce("
          + LedgerInvariants.total("amount_nanos")
          + ", 0) AS charged FROM ledger_entry WHERE project_id = ? AND created_at >= ? AND"
          + " created_at < ? AND kind = 'charge'";

  private static final String SUM_OF_KEY = SUM + " AND key_id = ?";

  @Override
  public Money charged(Instant from, Instant to) throws SQLException {
    Query select = sql.query(keyId == null ? SUM : SUM_OF_KEY).text(projectId).time(from, to);
    if (keyId != null) {
      select.text(keyId);
    }
    return select.one(row -> row.sum("charged"));
  }

  /** The sums as they were before some charges were written. */
  PeriodCounters.Entries<SQLException> without(List<KeySpendingTable.Charges> charges) {
    return new PeriodCounters.Entries<>() {
      @Override
      public Money charged(Instant from, Instant to) throws SQLException {
        Money sum = PeriodSums.this.charged(from, to);
        for (KeySpendingTable.Charges each : charges) {
          if (!each.at().isBefore(from) && each.at().isBefore(to)) {
            sum = sum.minus(each.amount());
          }
        }
        return sum;
      }

      @Override
      public void replacing(Period period, long number, Instant at) {
        PeriodSums.this.replacing(period, number, at);
      }
    };
  }

  /** Logs a warning if a clock was wrong. */
  @Override
  public void replacing(Period period, long number, Instant at) {
    if (period.isAhead(number, at)) {
      LOG.log(
          Level.WARNING,
          "project {0}{1}: the {2} counter was ahead by {3}; it is counted again from the entries",
          projectId,
          keyId == null ? "" : ", key " + keyId,
          period,
          Duration.between(at, period.start(number)));
    }
  }
}
