package dev.tollgate.gateway.jdbc;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Period;
import dev.tollgate.gateway.ledger.PeriodCounters;
import dev.tollgate.gateway.ledger.Spending;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Reads the spending of a project or a key. The counters have the day and the month. The charges
 * before today are summed from the entries. With millions of entries that takes long, so the sum is
 * cached for 10 minutes, and only one sum is computed at a time. A charge of today is visible at
 * once. A charge of yesterday that is written after midnight becomes visible when the sum is
 * computed again.
 */
final class SpendingReader {
  private static final Duration KEPT = Duration.ofMinutes(10);
  private static final int MAX_KEPT = 10_000;

  /** A project, or one of its keys; a null key stands for the whole project. */
  private record Spender(String projectId, @Nullable String keyId) {}

  /**
   * The charges before a day.
   *
   * @param ever all charges before the day; for a whole project only those of the same week
   * @param week the charges before the day in the same week
   */
  private record Earlier(long day, Money ever, Money week) {}

  private final Database database;
  private final Cache<Spender, Earlier> known =
      Caffeine.newBuilder()
          .executor(Runnable::run)
          .expireAfterWrite(KEPT)
          .maximumSize(MAX_KEPT)
          .build();
  private final Lock oneAtATime = new ReentrantLock(true);

  SpendingReader(Database database) {
    this.database = database;
  }

  Spending read(String projectId, @Nullable String keyId, Instant at) {
    Earlier earlier = earlier(new Spender(projectId, keyId), at);
    return database.snapshot(
        sql -> {
          ProjectBalance project = ProjectTable.read(sql, projectId);
          return project == null
              ? Spending.NOTHING
              : spending(sql, project, new Spender(projectId, keyId), earlier, at);
        });
  }

  private static Spending spending(
      SqlSession sql, ProjectBalance project, Spender spender, Earlier earlier, Instant at)
      throws SQLException {
    String keyId = spender.keyId;
    PeriodCounters counters = project.counters();
    Money held = project.held();
    if (keyId != null) {
      counters = KeySpendingTable.read(sql, spender.projectId, keyId);
      held = HoldTable.heldWithKey(sql, spender.projectId, keyId);
    }
    PeriodSums entries = new PeriodSums(sql, spender.projectId, keyId);
    Money today = counters.charged(Period.DAILY, at, entries);
    return new Spending(
        project.totals(),
        keyId == null ? project.totals().charges() : earlier.ever.plusSaturated(today),
        today,
        earlier.week.plusSaturated(today),
        counters.charged(Period.MONTHLY, at, entries),
        held,
        (int) project.freeRequests().on(at));
  }

  private Earlier earlier(Spender spender, Instant at) {
    long day = Period.DAILY.number(at);
    Earlier earlier = known.getIfPresent(spender);
    if (earlier != null && earlier.day == day) {
      return earlier;
    }
    oneAtATime.lock();
    try {
      earlier = known.getIfPresent(spender);
      if (earlier == null || earlier.day != day) {
        earlier = sum(spender, at);
        known.put(spender, earlier);
      }
      return earlier;
    } finally {
      oneAtATime.unlock();
    }
  }

  private Earlier sum(Spender spender, Instant at) {
    long day = Period.DAILY.number(at);
    long week = Period.WEEKLY.start(Period.WEEKLY.number(at)).toEpochMilli();
    String keyId = spender.keyId;
    return database.snapshot(
        sql -> {
          Query select =
              sql.composed(before(week, keyId))
                  .text(spender.projectId)
                  // A project's total is in its row, so a project needs only the entries of the
                  // week.
                  .number(keyId == null ? week : Long.MIN_VALUE)
                  .time(Period.DAILY.start(day));
          if (keyId != null) {
            select.text(keyId);
          }
          return select.one(row -> new Earlier(day, row.sum("ever"), row.sum("week")));
        });
  }

  /** The query for the charges before a day; uses the index {@code ledger_entry_by_time}. */
  private static String before(long week, @Nullable String keyId) {
    // The week is part of the text: total repeats its argument, so it cannot hold a parameter.
    String ofTheWeek = "(CASE WHEN created_at >= " + week + " THEN amount_nanos ELSE 0 END)";
    return "SELECT coalesce("
        + LedgerInvariants.total("amount_nanos")
        + ", 0) AS ever, coalesce("
        + LedgerInvariants.total(ofTheWeek)
        + ", 0) AS week FROM ledger_entry WHERE project_id = ? AND created_at >= ? AND created_at <"
        + " ? AND kind = 'charge'"
        + (keyId == null ? "" : " AND key_id = ?");
  }
}
