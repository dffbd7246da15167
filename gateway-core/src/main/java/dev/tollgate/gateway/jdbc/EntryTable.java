package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.ledger.Correction;
import dev.tollgate.gateway.ledger.Entry;
import dev.tollgate.gateway.ledger.Flag;
import dev.tollgate.gateway.ledger.Hold;
import dev.tollgate.gateway.ledger.Money;
import java.sql.SQLException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The table {@code ledger_entry}, whose rows are only ever inserted. */
record EntryTable(SqlSession sql) {
  /** The columns that {@link #entry(Row)} reads. */
  static final String COLUMNS =
      "project_id, id, kind, amount_nanos, cost_nanos, overrun_nanos, literal, flags, "
          + TokenColumns.NAMES
          + ", key_id, end_user, model, generation_id, corrects, refund_nanos, note, created_at";

  /** A query for entries, to be read by {@link #entry(Row)}; append a condition. */
  static final String SELECT = "SELECT " + COLUMNS + " FROM ledger_entry WHERE ";

  static final String SELECT_ONE = SELECT + "project_id = ? AND id = ?";

  private static final String INSERT =
      "INSERT INTO ledger_entry ("
          + COLUMNS
          + ", hold_id, upstream_key_id)"
          + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
          + " ON CONFLICT DO NOTHING";

  Optional<Entry> find(String projectId, String id) throws SQLException {
    return sql.query(SELECT_ONE).text(projectId).text(id).first(EntryTable::entry);
  }

  /** The entry with this id and its corrections; empty: the project has no such entry. */
  Optional<Correction> correction(String projectId, String id) throws SQLException {
    Optional<Entry> corrected = find(projectId, id);
    return corrected.isEmpty()
        ? Optional.empty()
        : Optional.of(new Correction(corrected.get(), corrections(projectId, id)));
  }

  private Money corrections(String projectId, String id) throws SQLException {
    return sql.query(
            "SELECT coalesce("
                + LedgerInvariants.total("amount_nanos")
                + ", 0) AS total FROM ledger_entry WHERE project_id = ? AND corrects = ?")
        .text(projectId, id)
        .one(row -> row.sum("total"));
  }

  static Entry entry(Row row) throws SQLException {
    String corrects = row.textOrNull("corrects");
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
        row.text("end_user"),
        row.text("model"),
        row.text("generation_id"),
        corrects == null ? "" : corrects,
        row.money("refund_nanos"),
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
            .text(entry.keyId(), entry.endUser(), entry.model(), entry.generationId())
            .text(entry.corrects().isEmpty() ? null : entry.corrects())
            .money(entry.refund())
            .text(entry.note())
            .time(entry.at())
            .text(hold == null ? null : hold.id())
            .text(hold == null ? "" : hold.request().upstreamKeyId())
            .update()
        == 1;
  }
}
