package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.ledger.Entry;
import dev.tollgate.gateway.ledger.EntryFilter;
import dev.tollgate.gateway.ledger.EntryPage;
import dev.tollgate.gateway.ledger.EntryPage.Booked;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads the entries of an {@link EntryFilter}, each page from its own snapshot, so that a slow
 * reader keeps neither a connection nor the old rows of the database.
 */
record EntryReader(Database database) {
  private static final String CONDITIONS =
      " AND created_at >= ? AND created_at < ? AND kind = coalesce(?, kind)"
          + " AND key_id = coalesce(?, key_id) AND model = coalesce(?, model)"
          + " AND end_user = coalesce(?, end_user)"
          // A flag is one word of the list.
          + " AND ',' || flags || ',' LIKE ?";

  /** The entries of the filter's project, newest first. Uses the index by time. */
  List<Entry> newest(EntryFilter filter, int limit) {
    String text =
        EntryTable.SELECT
            + "project_id = ?"
            + CONDITIONS
            + " ORDER BY created_at DESC, id DESC LIMIT ?";
    return database.snapshot(
        sql ->
            conditions(sql.query(text).text(filter.projectId()), filter)
                .number(limit)
                .list(EntryReader::entry));
  }

  EntryPage after(EntryFilter filter, String position, int limit) {
    BookingOrder order = database.dialect().bookingOrder();
    String text =
        "SELECT "
            + EntryTable.COLUMNS
            + order.columns()
            + (" FROM " + order.from() + " WHERE " + order.after())
            + " AND project_id = coalesce(?, project_id)"
            + CONDITIONS
            + (" ORDER BY " + order.orderBy() + " LIMIT ?");
    return database.snapshot(
        sql -> {
          Query query = order.set(sql.query(text), position).text(filter.projectId());
          List<Booked> page =
              conditions(query, filter)
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

  private static Query conditions(Query query, EntryFilter filter) throws SQLException {
    Entry.Kind kind = filter.kind();
    return query
        .number(millis(filter.from(), 0), millis(filter.to(), Long.MAX_VALUE))
        .text(kind == null ? null : kind.toString())
        .text(filter.keyId(), filter.model(), filter.endUser())
        .text(filter.flag() == null ? "%" : "%," + filter.flag() + ",%");
  }

  private static long millis(@Nullable Instant moment, long otherwise) {
    return moment == null ? otherwise : moment.toEpochMilli();
  }
}
