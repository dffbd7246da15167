package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.ledger.FreeRequests;
import dev.tollgate.gateway.ledger.ProjectTotals;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The balances in the table {@code project}, within one transaction. */
final class ProjectTable {
  private static final String SELECT =
      "SELECT credits_nanos, charges_nanos, held_nanos, "
          + String.join(", ", KeySpendingTable.COUNTERS)
          + ", free_day_number, free_requests FROM project WHERE id = ?";

  private static final String UPDATE_TOTALS =
      "UPDATE project SET credits_nanos = ?, charges_nanos = ?, held_nanos = ? WHERE id = ?";

  private static final String UPDATE_ALL =
      "UPDATE project SET credits_nanos = ?, charges_nanos = ?, held_nanos = ?, "
          + String.join(" = ?, ", KeySpendingTable.COUNTERS)
          + " = ?, free_day_number = ?, free_requests = ? WHERE id = ?";

  private final SqlSession sql;
  private final Map<String, ProjectBalance> locked = new HashMap<>();

  ProjectTable(SqlSession sql) {
    this.sql = sql;
  }

  /** A project's balance, without a lock; null if there is no such project. */
  static @Nullable ProjectBalance read(SqlSession sql, String projectId) throws SQLException {
    return sql.query(SELECT).text(projectId).first(ProjectTable::balance).orElse(null);
  }

  /** Locks a project and returns its balance; null if there is no such project. */
  @Nullable ProjectBalance lock(String projectId) throws SQLException {
    ProjectBalance balance = locked.get(projectId);
    if (balance == null) {
      balance =
          sql.query(SELECT + sql.dialect().forUpdate())
              .text(projectId)
              .first(ProjectTable::balance)
              .orElse(null);
      if (balance != null) {
        locked.put(projectId, balance);
      }
    }
    return balance;
  }

  private static ProjectBalance balance(Row row) throws SQLException {
    return new ProjectBalance(
        new ProjectTotals(
            row.money("credits_nanos"), row.money("charges_nanos"), row.money("held_nanos")),
        KeySpendingTable.counters(row),
        new FreeRequests(row.number("free_day_number"), row.number("free_requests")));
  }

  /** Writes the balances that changed. */
  void write() throws SQLException {
    for (Map.Entry<String, ProjectBalance> each : locked.entrySet()) {
      ProjectBalance balance = each.getValue();
      if (!balance.isChanged()) {
        continue;
      }
      ProjectTotals totals = balance.totals();
      Query update = sql.query(balance.isCounted() ? UPDATE_ALL : UPDATE_TOTALS);
      update.money(totals.credits()).money(totals.charges()).money(totals.loaned());
      if (balance.isCounted()) {
        FreeRequests free = balance.freeRequests();
        KeySpendingTable.set(update, balance.counters()).number(free.day(), free.count());
      }
      update.text(each.getKey()).update();
    }
  }
}
