package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Period;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.math.BigDecimal;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What the entries of a project, or of one of its keys, say was charged in a period. It is asked
 * only where a counter is of another period.
 */
final class PeriodSums {
  private static final Logger LOG = System.getLogger(PeriodSums.class.getName());
  private static final BigDecimal MOST = BigDecimal.valueOf(Long.MAX_VALUE);

  // By ledger_entry_by_time.
  private static final String SUM =
      "SELECT coalesce("
          + Rules.total("amount_nanos")
          + ", 0) FROM ledger_entry WHERE project_id = ? AND created_at >= ? AND created_at < ?"
          + " AND kind = 'charge'";

  private final Statements statements;
  private final String projectId;
  private final @Nullable String keyId;

  /**
   * @param keyId null: all of the project
   */
  PeriodSums(Statements statements, String projectId, @Nullable String keyId) {
    this.statements = statements;
    this.projectId = projectId;
    this.keyId = keyId;
  }

  Money of(Period period, long number) throws SQLException {
    PreparedStatement select = statements.prepare(keyId == null ? SUM : SUM + " AND key_id = ?");
    Statements.setText(select, 1, projectId);
    select.setLong(2, period.start(number).toEpochMilli());
    select.setLong(3, period.end(period.start(number)).toEpochMilli());
    if (keyId != null) {
      Statements.setText(select, 4, keyId);
    }
    try (ResultSet row = select.executeQuery()) {
      row.next();
      return money(row, 1);
    }
  }

  /** A sum, or the most there is. */
  static Money money(ResultSet row, int column) throws SQLException {
    return new Money(new BigDecimal(row.getString(column)).min(MOST).longValue());
  }

  /** Says that a clock was wrong, if it was. */
  void warnIfAhead(Period period, long number, Instant at) {
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
