package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Period;
import dev.tollgate.gateway.ledger.PeriodCounters;
import dev.tollgate.gateway.ledger.PeriodCounters.Earlier;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The table {@code key_spending}, within one transaction that has already locked the project's row.
 * A key's row is read only if the key has a cap, or if the charges do not fit the day of the row.
 * It is written once, at the end.
 */
final class KeySpendingTable {

  /**
   * The charges of one day.
   *
   * @param at the time of the earliest charge
   */
  record Charges(Money amount, Instant at) {
    boolean isOfDay(Instant other) {
      return Period.DAILY.number(at) == Period.DAILY.number(other);
    }
  }

  /** A key's row, and the charges that are not in it yet. */
  private static final class Key {
    final String projectId;
    final String keyId;
    final PeriodSums entries;
    @Nullable PeriodCounters counters;
    boolean changed;
    @Nullable Instant lastUsedAt;
    final List<Charges> charged = new ArrayList<>();

    Key(String projectId, String keyId, PeriodSums entries) {
      this.projectId = projectId;
      this.keyId = keyId;
      this.entries = entries;
    }
  }

  // The database does the addition, so the row need not be read first. Usually the row exists and
  // is of the same day.
  private static final String ADD =
      "UPDATE key_spending SET day_nanos = day_nanos + ?, month_nanos = month_nanos + ?,"
          + " last_used_at = CASE WHEN last_used_at > ? THEN last_used_at ELSE ? END"
          + " WHERE project_id = ? AND key_id = ? AND day_number = ? AND month_number = ?"
          + " AND day_nanos <= ? AND month_nanos <= ?";

  /** The columns of the counters, here and in the table {@code project}. */
  static final List<String> COUNTERS =
      List.of(
          "day_number",
          "day_nanos",
          "month_number",
          "month_nanos",
          "week_before_day",
          "week_before_nanos",
          "ever_before_month",
          "ever_before_nanos");

  private static final String UPSERT =
      "INSERT INTO key_spending (project_id, key_id, last_used_at, "
          + String.join(", ", COUNTERS)
          + ") VALUES (?, ?, ?"
          + ", ?".repeat(COUNTERS.size())
          + ") ON CONFLICT (project_id, key_id) DO UPDATE SET"
          + " last_used_at = CASE WHEN key_spending.last_used_at > excluded.last_used_at"
          + " OR excluded.last_used_at IS NULL"
          + " THEN key_spending.last_used_at ELSE excluded.last_used_at END, "
          + COUNTERS.stream()
              .map(column -> column + " = excluded." + column)
              .collect(Collectors.joining(", "));

  private final SqlSession sql;

  // By project, then by key id. If an embedding application makes the key ids, they are unique only
  // within a project.
  private final Map<String, Map<String, Key>> keys = new HashMap<>();

  KeySpendingTable(SqlSession sql) {
    this.sql = sql;
  }

  private Key key(String projectId, String keyId) {
    return keys.computeIfAbsent(projectId, ignored -> new HashMap<>())
        .computeIfAbsent(keyId, id -> new Key(projectId, id, new PeriodSums(sql, projectId, id)));
  }

  /** Counts a charge whose entry is already written. */
  void charge(String projectId, String keyId, Money amount, Instant at) {
    Key key = key(projectId, keyId);
    key.lastUsedAt = key.lastUsedAt == null || at.isAfter(key.lastUsedAt) ? at : key.lastUsedAt;
    List<Charges> charged = key.charged;
    int last = charged.size() - 1;
    if (last >= 0 && charged.get(last).isOfDay(at)) {
      Charges before = charged.get(last);
      Instant first = before.at().isBefore(at) ? before.at() : at;
      charged.set(last, new Charges(before.amount().plusSaturated(amount), first));
    } else {
      charged.add(new Charges(amount, at));
    }
  }

  /** The counters, including the charges of this transaction. */
  PeriodCounters counters(String projectId, String keyId) throws SQLException {
    return counters(key(projectId, keyId));
  }

  private PeriodCounters counters(Key key) throws SQLException {
    PeriodCounters counters = key.counters;
    if (counters == null) {
      counters = read(sql, key.projectId, key.keyId);
    }
    if (!key.charged.isEmpty()) {
      counters = counted(counters, key);
      key.charged.clear();
      key.changed = true;
    }
    key.counters = counters;
    return counters;
  }

  /** The counters of a row plus the pending charges, whose entries are already written. */
  private static PeriodCounters counted(PeriodCounters before, Key key) throws SQLException {
    PeriodCounters counters = before;
    for (int i = 0; i < key.charged.size(); i++) {
      Charges each = key.charged.get(i);
      List<Charges> notYet = key.charged.subList(i, key.charged.size());
      counters =
          counters.begun(each.at(), key.entries.without(notYet)).plus(each.amount(), each.at());
    }
    return counters;
  }

  /** The counters, which then know what the caps of a period need. */
  PeriodCounters knowing(Period period, String projectId, String keyId, Instant at)
      throws SQLException {
    Key key = key(projectId, keyId);
    PeriodCounters before = counters(key);
    PeriodCounters knowing = before.knowing(period, at, key.entries);
    key.changed |= !knowing.equals(before);
    key.counters = knowing;
    return knowing;
  }

  /**
   * Replaces counters that are ahead of {@code now} with counters of the current periods.
   *
   * @return how many counters were ahead
   */
  int putRight(String projectId, String keyId, Instant now) throws SQLException {
    Key key = key(projectId, keyId);
    PeriodCounters before = counters(key);
    PeriodCounters right = before.putRight(now, key.entries);
    int ahead = right.differences(before);
    key.counters = right;
    key.changed |= ahead > 0;
    return ahead;
  }

  /** When each key of a project had its last charge; keys that never had one are missing. */
  static Map<String, Instant> lastUsed(SqlSession sql, String projectId) throws SQLException {
    Map<String, Instant> used = new HashMap<>();
    sql.query(
            "SELECT key_id, last_used_at FROM key_spending WHERE project_id = ?"
                + " AND last_used_at IS NOT NULL")
        .text(projectId)
        .list(row -> used.put(row.text("key_id"), row.time("last_used_at")));
    return used;
  }

  /** The counters as of before this transaction. */
  static PeriodCounters read(SqlSession sql, String projectId, String keyId) throws SQLException {
    return sql.query(
            "SELECT "
                + String.join(", ", COUNTERS)
                + " FROM key_spending WHERE project_id = ? AND key_id = ?")
        .text(projectId, keyId)
        .first(KeySpendingTable::counters)
        .orElse(PeriodCounters.NOTHING);
  }

  /** The counters in a row of {@code key_spending} or {@code project}. */
  static PeriodCounters counters(Row row) throws SQLException {
    return new PeriodCounters(
        row.number("day_number"),
        row.money("day_nanos"),
        row.number("month_number"),
        row.money("month_nanos"),
        new Earlier(row.number("week_before_day"), row.money("week_before_nanos")),
        new Earlier(row.number("ever_before_month"), row.money("ever_before_nanos")));
  }

  /** Sets a parameter for each of {@link #COUNTERS}. */
  static Query set(Query query, PeriodCounters counters) throws SQLException {
    return query
        .number(counters.dayNumber())
        .money(counters.day())
        .number(counters.monthNumber())
        .money(counters.month())
        .number(counters.week().before())
        .money(counters.week().charged())
        .number(counters.ever().before())
        .money(counters.ever().charged());
  }

  /** Writes the changed counters. */
  void write() throws SQLException {
    for (Map<String, Key> ofProject : keys.values()) {
      for (Key key : ofProject.values()) {
        write(key);
      }
    }
  }

  private void write(Key key) throws SQLException {
    if (!key.changed && key.charged.size() == 1 && add(key, key.charged.get(0))) {
      return;
    }
    if (key.changed || !key.charged.isEmpty()) {
      PeriodCounters counters = counters(key);
      set(sql.query(UPSERT).text(key.projectId, key.keyId).timeOrNull(key.lastUsedAt), counters)
          .update();
    }
  }

  /**
   * @return false if there is no row of the same day and month, or if its sums would overflow
   */
  private boolean add(Key key, Charges more) throws SQLException {
    Money most = new Money(Long.MAX_VALUE - more.amount().nanos());
    return sql.query(ADD)
            .money(more.amount(), more.amount())
            .timeOrNull(key.lastUsedAt)
            .timeOrNull(key.lastUsedAt)
            .text(key.projectId, key.keyId)
            .number(Period.DAILY.number(more.at()), Period.MONTHLY.number(more.at()))
            .money(most, most)
            .update()
        == 1;
  }
}
