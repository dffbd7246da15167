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
import java.util.Map;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Reads the spending of a project or a key. The counters have the day and the month. The charges
 * before today are summed from the entries. With millions of entries that takes long, so the sum is
 * cached for 10 minutes, and only one sum is computed at a time. All keys of a project are summed
 * together, because a caller that asks about one key often asks about the next. A charge of today
 * is visible at once. A charge of yesterday that is written after midnight becomes visible when the
 * sum is computed again.
 */
final class SpendingReader {
  private static final Duration KEPT = Duration.ofMinutes(10);

  /** The number of projects and keys whose sums are cached. */
  private static final int MAX_KEPT = 100_000;

  /** A project as a whole, or all its keys. */
  private record Spenders(String projectId, boolean keys) {}

  /**
   * The charges before a day.
   *
   * @param ever all charges before the day; for a whole project only those of the same week
   * @param week the charges before the day in the same week
   */
  private record Earlier(Money ever, Money week) {
    static final Earlier NOTHING = new Earlier(Money.ZERO, Money.ZERO);
  }

  /**
   * The charges of all spenders before a day.
   *
   * @param of the sums by key; the whole project is under the empty key
   */
  private record Day(long number, Map<String, Earlier> of) {}

  private final Database database;
  private final Cache<Spenders, Day> known =
      Caffeine.newBuilder()
          .executor(Runnable::run)
          .expireAfterWrite(KEPT)
          .maximumWeight(MAX_KEPT)
          .weigher((Spenders spenders, Day day) -> 1 + day.of.size())
          .build();
  private final Lock oneAtATime = new ReentrantLock(true);

  SpendingReader(Database database) {
    this.database = database;
  }

  Spending read(String projectId, @Nullable String keyId, Instant at) {
    Day before = before(new Spenders(projectId, keyId != null), at);
    Earlier earlier = before.of.getOrDefault(keyId == null ? "" : keyId, Earlier.NOTHING);
    return database.snapshot(
        sql -> {
          ProjectBalance project = ProjectTable.read(sql, projectId);
          return project == null
              ? Spending.NOTHING
              : spending(sql, project, projectId, keyId, earlier, at);
        });
  }

  private static Spending spending(
      SqlSession sql,
      ProjectBalance project,
      String projectId,
      @Nullable String keyId,
      Earlier earlier,
      Instant at)
      throws SQLException {
    PeriodCounters counters = project.counters();
    Money held = project.held();
    if (keyId != null) {
      counters = KeySpendingTable.read(sql, projectId, keyId);
      held = HoldTable.heldWithKey(sql, projectId, keyId);
    }
    PeriodSums entries = new PeriodSums(sql, projectId, keyId);
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

  private Day before(Spenders spenders, Instant at) {
    long day = Period.DAILY.number(at);
    Day before = known.getIfPresent(spenders);
    if (before != null && before.number == day) {
      return before;
    }
    oneAtATime.lock();
    try {
      before = known.getIfPresent(spenders);
      if (before == null || before.number != day) {
        before = new Day(day, sums(spenders, at));
        known.put(spenders, before);
      }
      return before;
    } finally {
      oneAtATime.unlock();
    }
  }

  private Map<String, Earlier> sums(Spenders spenders, Instant at) {
    long day = Period.DAILY.number(at);
    long week = Period.WEEKLY.start(Period.WEEKLY.number(at)).toEpochMilli();
    return database.snapshot(
        sql ->
            sql
                .composed(query(week, spenders.keys))
                .text(spenders.projectId)
                // A project's total is in its row, so a project needs only the entries of the week.
                .number(spenders.keys ? Long.MIN_VALUE : week)
                .time(Period.DAILY.start(day))
                .list(
                    row ->
                        Map.entry(
                            spenders.keys ? row.text("key_id") : "",
                            new Earlier(row.sum("ever"), row.sum("week"))))
                .stream()
                .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, Map.Entry::getValue)));
  }

  /** The query for the charges before a day; uses the index {@code ledger_entry_by_time}. */
  private static String query(long week, boolean keys) {
    // The week is part of the text: total repeats its argument, so it cannot hold a parameter.
    String ofTheWeek = "(CASE WHEN created_at >= " + week + " THEN amount_nanos ELSE 0 END)";
    return "SELECT "
        + (keys ? "key_id, " : "")
        + "coalesce("
        + LedgerInvariants.total("amount_nanos")
        + ", 0) AS ever, coalesce("
        + LedgerInvariants.total(ofTheWeek)
        + ", 0) AS week FROM ledger_entry WHERE project_id = ? AND created_at >= ? AND created_at <"
        + " ? AND kind = 'charge'"
        + (keys ? " GROUP BY key_id" : "");
  }
}
