package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.ledger.Entry;
import dev.tollgate.gateway.ledger.Flag;
import dev.tollgate.gateway.ledger.Hold;
import java.sql.SQLException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The table {@code ledger_entry}, whose rows are only ever inserted. */
record EntryTable(SqlSession sql) {
  private static final String COLUMNS =
      "project_id, id, kind, amount_nanos, cost_nanos, overrun_nanos, literal, flags, "
          + TokenColumns.NAMES
          + ", key_id, model, generation_id, note, created_at";

  /** A query for entries, to be read by {@link #entry(Row)}; append a condition. */
  static final String SELECT = "SELECT " + COLUMNS + " FROM ledger_entry WHERE ";

  static final String SELECT_ONE = SELECT + "project_id = ? AND id = ?";

  private static final String INSERT =
      "INSERT INTO ledger_entry ("
          + COLUMNS
          + ", hold_id, upstream_key_id)"
          + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
          + " ON CONFLICT DO NOTHING";

  Optional<Entry> find(String projectId, String id) throws SQLException {
    return sql.query(SELECT_ONE).text(projectId).text(id).first(EntryTable::entry);
  }

  static Entry entry(Row row) throws SQLException {
    return new Entry(
        row.text("project_id"),
        row.text("id"),
        row.constant("kind", Entry.Kind.class),
        row.money("amount_nanos"),
        row.money("cost_nanos"),
        row.money("overrun_nanos"),
        row.text("literal"),
        Flag.parse(row.text("flags")),
        TokenColumns.read(row),
        row.text("key_id"),
        row.text("model"),
        row.text("generation_id"),
        row.text("note"),
        row.time("created_at"));
  }

  /**
   * Adds an entry.
   *
   * @param hold the hold of the entry; null for a credit
   * @return false if the project already has an entry with this id, which stays unchanged
   */
  boolean insert(Entry entry, @Nullable Hold hold) throws SQLException {
    Query insert =
        sql.query(INSERT)
            .text(entry.projectId(), entry.id())
            .constant(entry.kind())
            .money(entry.amount(), entry.cost(), entry.overrun())
            .text(entry.literal(), Flag.format(entry.flags()));
    return TokenColumns.set(insert, entry.tokens())
            .text(entry.keyId(), entry.model(), entry.generationId(), entry.note())
            .time(entry.at())
            .text(hold == null ? null : hold.id())
            .text(hold == null ? "" : hold.request().upstreamKeyId())
            .update()
        == 1;
  }
}
