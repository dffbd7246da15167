package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.ledger.Entry;
import dev.tollgate.gateway.ledger.EntryFilter;
import dev.tollgate.gateway.ledger.EntryPage;
import dev.tollgate.gateway.ledger.EntryPage.Booked;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads the entries of an {@link EntryFilter}, each page from its own snapshot, so that a slow
 * reader keeps neither a connection nor the old rows of the database.
 */
record EntryReader(Database database) {
  private static final Position START = new Position(-1, "", "");

  /** The entries of the filter's project, newest first. Uses the index by time. */
  List<Entry> newest(EntryFilter filter, int limit) {
    Conditions conditions = Conditions.of(filter);
    String text = EntryTable.SELECT + "1 = 1" + conditions.text + JdbcReports.NEWEST_FIRST;
    return database.snapshot(
        sql -> conditions.set(sql.composed(text)).number(limit).list(EntryReader::entry));
  }

  /** See {@link dev.tollgate.gateway.ledger.Reports#entriesAfter}. */
  EntryPage after(EntryFilter filter, String after, int limit) {
    BookingOrder order = database.dialect().bookingOrder();
    Position start = after.isEmpty() ? START : Position.parse(after);
    Conditions conditions = Conditions.of(filter);
    String text =
        ("SELECT " + EntryTable.COLUMNS + ", " + order.number() + " AS number")
            + (" FROM " + order.from())
            + (" WHERE " + order.after() + " AND " + order.readable() + conditions.text)
            + (" ORDER BY " + order.number() + ", project_id, id LIMIT ?");
    return database.snapshot(
        sql -> {
          if (!after.isEmpty()) {
            requireEntryAt(start, order, sql);
          }
          List<Booked> page =
              conditions
                  .set(order.set(sql.composed(text), start))
                  .number(limit)
                  .list(row -> new Booked(entry(row), Position.of(row).text()));
          boolean last = page.size() < limit;
          String next = last ? end(order, sql) : page.get(limit - 1).position();
          return new EntryPage(page, next, last);
        });
  }

  private static void requireEntryAt(Position position, BookingOrder order, SqlSession sql)
      throws SQLException {
    boolean known =
        sql.composed(
                "SELECT 1 FROM ledger_entry WHERE project_id = ? AND id = ? AND "
                    + order.number()
                    + " = ?")
            .text(position.projectId(), position.id())
            .number(position.number())
            .exists();
    if (!known) {
      throw new IllegalArgumentException(
          "is no position of this ledger; it may be of another one, or of one that was restored"
              + " since");
    }
  }

  /** The position of the last entry of all that can be read; empty: there is none. */
  private static String end(BookingOrder order, SqlSession sql) throws SQLException {
    String number = order.number();
    return sql.composed(
            ("SELECT " + number + " AS number, project_id, id FROM ledger_entry")
                + (" WHERE " + order.readable())
                + (" ORDER BY " + number + " DESC, project_id DESC, id DESC LIMIT 1"))
        .first(row -> Position.of(row).text())
        .orElse("");
  }

  /** Fails at an unreadable entry: a list that silently omits an entry would be worse. */
  private static Entry entry(Row row) throws SQLException {
    try {
      return EntryTable.entry(row);
    } catch (IllegalArgumentException e) {
      throw new DatabaseException(
          "entry %s of project %s cannot be read; see check"
              .formatted(row.text("id"), row.text("project_id")),
          e);
    }
  }

  /**
   * The conditions of a filter. Those that are not given are not in the text: PostgreSQL would
   * estimate that they leave few rows, and sort the whole table for each page.
   */
  private static final class Conditions {
    private final StringBuilder text = new StringBuilder();
    private final List<Object> values = new ArrayList<>();

    static Conditions of(EntryFilter filter) {
      return new Conditions()
          .add("project_id = ?", filter.projectId())
          .add("created_at >= ?", millis(filter.from()))
          .add("created_at < ?", millis(filter.to()))
          .add("kind = ?", filter.kind() == null ? null : filter.kind().toString())
          .add("key_id = ?", filter.keyId())
          .add("model = ?", filter.model())
          .add("end_user = ?", filter.endUser())
          // A flag is one word of the list.
          .add(
              "',' || flags || ',' LIKE ?",
              filter.flag() == null ? null : "%," + filter.flag() + ",%");
    }

    private static @Nullable Long millis(@Nullable Instant moment) {
      return moment == null ? null : moment.toEpochMilli();
    }

    private Conditions add(String condition, @Nullable Object value) {
      if (value != null) {
        text.append(" AND ").append(condition);
        values.add(value);
      }
      return this;
    }

    Query set(Query query) throws SQLException {
      for (Object value : values) {
        query.value(value);
      }
      return query;
    }
  }
}
