package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Period;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is spent with keys, as one transaction sees it, which has locked their project's row before.
 * A key's row is read when it has a cap, or was of another day, and written once, at the end.
 */
final class KeySpending {
  /** Of a project: an embedding application makes the ids of its keys. */
  private record Key(String projectId, String keyId) {}

  /**
   * Charges of one day.
   *
   * @param at when the first of them was made
   */
  private record Charges(Money amount, Instant at) {
    boolean isOfDay(Instant other) {
      return Period.DAILY.number(at) == Period.DAILY.number(other);
    }
  }

  /** A key's row, and the charges that are not in it yet. */
  private static final class Row {
    @Nullable Spent spent;
    boolean changed;
    final List<Charges> charged = new ArrayList<>();
  }

  // The sums are made by the database, so the row need not be read before. Mostly it is there and
  // of the same day.
  private static final String ADD =
      "UPDATE key_spending SET day_nanos = day_nanos + ?, month_nanos = month_nanos + ?"
          + " WHERE project_id = ? AND key_id = ? AND day_number = ? AND month_number = ?"
          + " AND day_nanos <= ? AND month_nanos <= ?";

  private static final String UPSERT =
      "INSERT INTO key_spending"
          + " (project_id, key_id, day_number, day_nanos, month_number, month_nanos)"
          + " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (project_id, key_id) DO UPDATE SET"
          + " day_number = excluded.day_number, day_nanos = excluded.day_nanos,"
          + " month_number = excluded.month_number, month_nanos = excluded.month_nanos";

  private final Books books;
  private final Map<Key, Row> rows = new HashMap<>();

  KeySpending(Books books) {
    this.books = books;
  }

  private Row row(Key key) {
    return rows.computeIfAbsent(key, ignored -> new Row());
  }

  private PeriodSums entries(Key key) {
    return books.entries(key.projectId(), key.keyId());
  }

  /** Counts a charge whose entry is written. */
  void charge(String projectId, String keyId, Money amount, Instant at) {
    List<Charges> charged = row(new Key(projectId, keyId)).charged;
    int last = charged.size() - 1;
    if (last >= 0 && charged.get(last).isOfDay(at)) {
      Charges before = charged.get(last);
      Instant first = before.at().isBefore(at) ? before.at() : at;
      charged.set(last, new Charges(Spent.saturated(before.amount(), amount), first));
    } else {
      charged.add(new Charges(amount, at));
    }
  }

  /** What was charged, this transaction's charges among it. */
  Spent spent(String projectId, String keyId) throws SQLException {
    return spent(new Key(projectId, keyId));
  }

  private Spent spent(Key key) throws SQLException {
    Row row = row(key);
    Spent spent = row.spent;
    if (spent == null) {
      spent = read(books.statements(), key.projectId(), key.keyId());
    }
    if (!row.charged.isEmpty()) {
      spent = counted(spent, key, row.charged);
      row.charged.clear();
      row.changed = true;
    }
    row.spent = spent;
    return spent;
  }

  /** What is said by a row and the charges behind it, whose entries are written. */
  private Spent counted(Spent before, Key key, List<Charges> charged) throws SQLException {
    Spent spent = before;
    for (Period period : Period.values()) {
      long number = before.number(period);
      Money sum = before.charged(period);
      boolean begun = false;
      for (Charges each : charged) {
        if (number < period.number(each.at()) || period.isAhead(number, each.at())) {
          entries(key).warnIfAhead(period, number, each.at());
          number = period.number(each.at());
          begun = true;
        } else if (number == period.number(each.at())) {
          sum = Spent.saturated(sum, each.amount());
        }
      }
      // Of a period that has begun, the entries know more than these charges.
      spent = spent.with(period, number, begun ? entries(key).of(period, number) : sum);
    }
    return spent;
  }

  /**
   * Begins the periods of now where a counter is ahead.
   *
   * @return how many were
   */
  int putRight(String projectId, String keyId, Instant now) throws SQLException {
    Key key = new Key(projectId, keyId);
    Spent before = spent(key);
    Row row = row(key);
    row.spent = before.putRight(now, entries(key));
    int ahead = row.spent.differences(before);
    row.changed |= ahead > 0;
    return ahead;
  }

  /** What was charged before this transaction. */
  static Spent read(Statements statements, String projectId, String keyId) throws SQLException {
    PreparedStatement select =
        statements.prepare(
            "SELECT day_number, day_nanos, month_number, month_nanos FROM key_spending"
                + " WHERE project_id = ? AND key_id = ?");
    Statements.setText(select, 1, projectId);
    Statements.setText(select, 2, keyId);
    try (ResultSet row = select.executeQuery()) {
      return row.next() ? Books.spent(row, 1) : Spent.NOTHING;
    }
  }

  /** What is held now, in whatever is open or pending. */
  static Money held(Statements statements, String projectId, String keyId) throws SQLException {
    PreparedStatement select =
        statements.prepare(
            "SELECT coalesce(sum(amount_nanos), 0) FROM hold WHERE project_id = ?"
                + " AND state IN ('open', 'pending') AND key_id = ?");
    Statements.setText(select, 1, projectId);
    Statements.setText(select, 2, keyId);
    try (ResultSet row = select.executeQuery()) {
      row.next();
      return new Money(row.getLong(1));
    }
  }

  /** Writes what was charged. */
  void write() throws SQLException {
    for (Map.Entry<Key, Row> each : rows.entrySet()) {
      Key key = each.getKey();
      Row row = each.getValue();
      boolean added = !row.changed && row.charged.size() == 1 && add(key, row.charged.get(0));
      if (!added && (row.changed || !row.charged.isEmpty())) {
        Spent spent = spent(key);
        PreparedStatement upsert = books.prepare(UPSERT);
        Statements.setText(upsert, 1, key.projectId());
        Statements.setText(upsert, 2, key.keyId());
        Books.set(upsert, 3, spent);
        upsert.executeUpdate();
      }
    }
  }

  /**
   * @return false if there is no row of the same day, or one that cannot count so much
   */
  private boolean add(Key key, Charges more) throws SQLException {
    PreparedStatement update = books.prepare(ADD);
    update.setLong(1, more.amount().nanos());
    update.setLong(2, more.amount().nanos());
    Statements.setText(update, 3, key.projectId());
    Statements.setText(update, 4, key.keyId());
    update.setLong(5, Period.DAILY.number(more.at()));
    update.setLong(6, Period.MONTHLY.number(more.at()));
    update.setLong(7, Long.MAX_VALUE - more.amount().nanos());
    update.setLong(8, Long.MAX_VALUE - more.amount().nanos());
    return update.executeUpdate() == 1;
  }
}
