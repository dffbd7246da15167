package dev.tollgate.gateway.jdbc;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.tollgate.gateway.jdbc.Books.Account;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Period;
import dev.tollgate.gateway.ledger.Spending;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Reads what a project or a key has spent. Counters tell the day and the month. The charges before
 * today are added up from the entries. That takes long where there are millions of them, so the sum
 * is kept for a while, and only one sum is made at a time. A charge of today shows at once. A
 * charge of yesterday that is written after midnight shows when the sum is made again.
 */
final class SpendingReader {
  private static final Duration KEPT = Duration.ofMinutes(10);
  private static final int MAX_KEPT = 10_000;

  /** Null for the key: all of the project. */
  private record Spender(String projectId, @Nullable String keyId) {}

  /**
   * The charges before a day.
   *
   * @param week those of the same week
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
        connection -> {
          try (Statements statements = database.dialect().statements(connection)) {
            Account account = Books.sums(statements, projectId);
            return account == null
                ? Spending.NOTHING
                : spending(statements, account, new Spender(projectId, keyId), earlier, at);
          }
        });
  }

  private static Spending spending(
      Statements statements, Account account, Spender spender, Earlier earlier, Instant at)
      throws SQLException {
    String keyId = spender.keyId;
    Spent spent = account.spent();
    Money held = account.held();
    if (keyId != null) {
      spent = KeySpending.read(statements, spender.projectId, keyId);
      held = KeySpending.held(statements, spender.projectId, keyId);
    }
    PeriodSums entries = new PeriodSums(statements, spender.projectId, keyId);
    Money today = spent.charged(Period.DAILY, at, entries);
    return new Spending(
        account.totals(),
        keyId == null ? account.totals().charges() : Spent.saturated(earlier.ever, today),
        today,
        Spent.saturated(earlier.week, today),
        spent.charged(Period.MONTHLY, at, entries),
        held,
        (int) account.freeRequests(at));
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
    long week = Spending.startOfWeek(at).toEpochMilli();
    String keyId = spender.keyId;
    return database.snapshot(
        connection -> {
          try (PreparedStatement select = connection.prepareStatement(before(week, keyId))) {
            Statements.setText(select, 1, spender.projectId);
            // What a project was ever charged is in its row.
            select.setLong(2, keyId == null ? week : Long.MIN_VALUE);
            select.setLong(3, Period.DAILY.start(day).toEpochMilli());
            if (keyId != null) {
              Statements.setText(select, 4, keyId);
            }
            try (ResultSet row = select.executeQuery()) {
              row.next();
              return new Earlier(day, PeriodSums.money(row, 1), PeriodSums.money(row, 2));
            }
          }
        });
  }

  /** Read by {@code ledger_entry_by_time}. */
  private static String before(long week, @Nullable String keyId) {
    // A total names what it adds up more than once, so there is no parameter in it.
    String ofTheWeek = "(CASE WHEN created_at >= " + week + " THEN amount_nanos ELSE 0 END)";
    return "SELECT coalesce("
        + Rules.total("amount_nanos")
        + ", 0), coalesce("
        + Rules.total(ofTheWeek)
        + ", 0) FROM ledger_entry WHERE project_id = ? AND created_at >= ? AND created_at < ?"
        + " AND kind = 'charge'"
        + (keyId == null ? "" : " AND key_id = ?");
  }
}
