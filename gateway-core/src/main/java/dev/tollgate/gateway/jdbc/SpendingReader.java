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
 * Reads the spending of a project or a key. The counters have the day and the month. Other sums are
 * computed from the entries: the charges before today, and the day and the month of a key whose
 * counters are stale. With millions of entries that takes long, so the sums are cached for 10
 * minutes, and only one query runs at a time. All keys of a project are summed together, because a
 * caller that asks about one key often asks about the next.
 *
 * <p>A charge of today is visible at once, because it starts the counters of its key, which then
 * count in place of the cached day and month. A charge of yesterday that is written after midnight
 * becomes visible when the sums are computed again.
 */
final class SpendingReader {
  private static final Duration KEPT = Duration.ofMinutes(10);
  private static final Duration DAY = Duration.ofDays(1);

  /** The number of projects and keys whose sums are cached. */
  private static final int MAX_KEPT = 100_000;

  /** A project as a whole, or all its keys. */
  private record Spenders(String projectId, boolean keys) {}

  /**
   * Sums of a spender's entries. A whole project has its day and its month in its own row.
   *
   * @param ever all charges before today; for a whole project only those of the same week
   * @param week the charges before today in the same week
   * @param month all charges of the month; only of a key
   * @param today the charges of today; only of a key
   */
  private record Sums(Money ever, Money week, Money month, Money today)
      implements PeriodCounters.Entries<SQLException> {
    static final Sums NOTHING = new Sums(Money.ZERO, Money.ZERO, Money.ZERO, Money.ZERO);

    /** The day or the month: a counter asks for the whole of its period. */
    @Override
    public Money charged(Instant from, Instant to) {
      return Duration.between(from, to).equals(DAY) ? today : month;
    }
  }

  /**
   * The sums of all spenders, as of a day.
   *
   * @param of the sums by key; the whole project is under the empty key
   */
  private record Day(long number, Map<String, Sums> of) {}

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
    Day day = day(new Spenders(projectId, keyId != null), at);
    Sums sums = day.of.getOrDefault(keyId == null ? "" : keyId, Sums.NOTHING);
    return database.snapshot(
        sql -> {
          ProjectBalance project = ProjectTable.read(sql, projectId);
          if (project == null) {
            return Spending.NOTHING;
          }
          return keyId == null
              ? ofProject(sql, project, projectId, sums, at)
              : ofKey(sql, project, projectId, keyId, sums, at);
        });
  }

  private static Spending ofProject(
      SqlSession sql, ProjectBalance project, String projectId, Sums sums, Instant at)
      throws SQLException {
    PeriodSums entries = new PeriodSums(sql, projectId, null);
    Money today = project.counters().charged(Period.DAILY, at, entries);
    return new Spending(
        project.totals(),
        project.totals().charges(),
        today,
        sums.week.plusSaturated(today),
        project.counters().charged(Period.MONTHLY, at, entries),
        project.held(),
        (int) project.freeRequests().on(at));
  }

  private static Spending ofKey(
      SqlSession sql, ProjectBalance project, String projectId, String keyId, Sums sums, Instant at)
      throws SQLException {
    PeriodCounters counters = KeySpendingTable.read(sql, projectId, keyId);
    Money today = counters.charged(Period.DAILY, at, sums);
    return new Spending(
        project.totals(),
        sums.ever.plusSaturated(today),
        today,
        sums.week.plusSaturated(today),
        counters.charged(Period.MONTHLY, at, sums),
        HoldTable.heldWithKey(sql, projectId, keyId),
        (int) project.freeRequests().on(at));
  }

  private Day day(Spenders spenders, Instant at) {
    long number = Period.DAILY.number(at);
    Day day = known.getIfPresent(spenders);
    if (day != null && day.number == number) {
      return day;
    }
    oneAtATime.lock();
    try {
      day = known.getIfPresent(spenders);
      if (day == null || day.number != number) {
        day = new Day(number, sums(spenders, number));
        known.put(spenders, day);
      }
      return day;
    } finally {
      oneAtATime.unlock();
    }
  }

  private Map<String, Sums> sums(Spenders spenders, long day) {
    Instant today = Period.DAILY.start(day);
    Instant week = Period.WEEKLY.start(Period.WEEKLY.number(today));
    long month = Period.MONTHLY.number(today);
    return database.snapshot(
        sql ->
            sql
                .composed(query(spenders.keys, week, today, Period.MONTHLY.start(month)))
                .text(spenders.projectId)
                // A project's total is in its row, so a project needs only the entries of the week.
                .number(spenders.keys ? Long.MIN_VALUE : week.toEpochMilli())
                // The counter of the month counts the charges of clocks that are ahead, too.
                .time(spenders.keys ? Period.MONTHLY.startOfNext(month) : today)
                .list(
                    row ->
                        Map.entry(
                            spenders.keys ? row.text("key_id") : "",
                            new Sums(
                                row.sum("ever"),
                                row.sum("week"),
                                row.sum("month"),
                                row.sum("today"))))
                .stream()
                .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, Map.Entry::getValue)));
  }

  /**
   * The query for the sums; uses the index {@code ledger_entry_by_time}. The times are part of the
   * text: {@code total} repeats its argument, so it cannot hold a parameter.
   */
  private static String query(boolean keys, Instant week, Instant today, Instant month) {
    String before = "created_at < " + today.toEpochMilli();
    String since = "created_at >= ";
    String tomorrow = " AND created_at < " + today.plus(DAY).toEpochMilli();
    return "SELECT "
        + (keys ? "key_id, " : "")
        + sum("ever", before)
        + sum("week", before + " AND " + since + week.toEpochMilli())
        + sum("month", since + month.toEpochMilli())
        + sum("today", since + today.toEpochMilli() + tomorrow)
        + "count(*) FROM ledger_entry WHERE project_id = ? AND created_at >= ?"
        + " AND created_at < ? AND kind = 'charge'"
        + (keys ? " GROUP BY key_id" : "");
  }

  private static String sum(String name, String condition) {
    String amount = "(CASE WHEN " + condition + " THEN amount_nanos ELSE 0 END)";
    return "coalesce(" + LedgerInvariants.total(amount) + ", 0) AS " + name + ", ";
  }
}
