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
  /** The entries of the filter's project, newest first. Uses the index by time. */
  List<Entry> newest(EntryFilter filter, int limit) {
    Conditions conditions = Conditions.of(filter);
    String text =
        (EntryTable.SELECT + "1 = 1" + conditions.text)
            + " ORDER BY created_at DESC, id DESC LIMIT ?";
    return database.snapshot(
        sql -> conditions.set(sql.composed(text)).number(limit).list(EntryReader::entry));
  }

  EntryPage after(EntryFilter filter, String position, int limit) {
    BookingOrder order = database.dialect().bookingOrder();
    Conditions conditions = Conditions.of(filter);
    String text =
        ("SELECT " + EntryTable.COLUMNS + order.columns())
            + (" FROM " + order.from() + " WHERE " + order.after() + conditions.text)
            + (" ORDER BY " + order.orderBy() + " LIMIT ?");
    return database.snapshot(
        sql -> {
          List<Booked> page =
              conditions
                  .set(order.set(sql.composed(text), position))
                  .number(limit)
                  .list(row -> new Booked(entry(row), order.position(row)));
          boolean last = page.size() < limit;
          return new EntryPage(page, last ? order.end(sql) : page.get(limit - 1).position(), last);
        });
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
