package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.account.Markup;
import dev.tollgate.gateway.ledger.Fallback;
import dev.tollgate.gateway.ledger.Flag;
import dev.tollgate.gateway.ledger.Hold;
import dev.tollgate.gateway.ledger.Hold.State;
import dev.tollgate.gateway.ledger.HoldLimits;
import dev.tollgate.gateway.ledger.HoldMode;
import dev.tollgate.gateway.ledger.HoldRequest;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Pending;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The table {@code hold}, within one transaction.
 *
 * @param node the owner of new holds
 * @param openHolds the cached holds of the calling thread
 */
record HoldTable(SqlSession sql, String node, OpenHolds openHolds) {
  /**
   * The condition for a pending hold. SQLite uses the indexes of unsettled holds only if both parts
   * are in the query.
   */
  static final String PENDING = "state IN ('open', 'pending') AND state = 'pending'";

  /** A query for holds, to be read by {@link #hold(Row)}; append a condition. */
  static final String SELECT =
      "SELECT id, project_id, key_id, state, mode, wanted_nanos, placed_nanos, amount_nanos,"
          + " estimate_nanos, markup_ppm, model, end_user, upstream_key_id, idempotency_key, generation_id,"
          + " reason, attempts, created_at, pending_at, next_ask_at, fallback_source,"
          + " fallback_cost_nanos, fallback_literal, fallback_flags, "
          + TokenColumns.NAMES
          + " FROM hold WHERE ";

  private static final String INSERT =
      "INSERT INTO hold (id, project_id, key_id, state, mode, wanted_nanos, placed_nanos,"
          + " amount_nanos, markup_ppm, model, end_user, upstream_key_id, idempotency_key, owner,"
          + " created_at, estimate_nanos)"
          + " VALUES (?, ?, ?, 'open', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
          + " ON CONFLICT DO NOTHING";

  private static final String END =
      "UPDATE hold SET state = ?, amount_nanos = 0, next_ask_at = NULL, settled_at = ?,"
          + " generation_id = coalesce(?, generation_id)"
          + " WHERE id = ? AND state IN ('open', 'pending') AND amount_nanos = ?";

  private static final String PEND =
      "UPDATE hold SET state = 'pending', amount_nanos = ?, estimate_nanos = ?, reason = ?,"
          + " generation_id = coalesce(generation_id, ?), pending_at = ?, next_ask_at = ?,"
          + " attempts = 0, fallback_source = ?, fallback_cost_nanos = ?,"
          + " fallback_literal = ?, fallback_flags = ?, prompt_tokens = ?,"
          + " cached_tokens = ?, cache_write_tokens = ?, completion_tokens = ?,"
          + " reasoning_tokens = ? WHERE id = ? AND state = 'open'";

  /** The project of a hold; empty: there is no such hold. */
  static String projectOf(SqlSession sql, String holdId) throws SQLException {
    return sql.query("SELECT project_id FROM hold WHERE id = ?")
        .text(holdId)
        .first(row -> row.text("project_id"))
        .orElse("");
  }

  /** The upstream key of the project's request whose answer has this id. */
  static Optional<String> upstreamKeyOf(SqlSession sql, String projectId, String generationId)
      throws SQLException {
    return sql.query(
            "SELECT upstream_key_id FROM hold WHERE generation_id = ? AND project_id = ?"
                + " ORDER BY created_at DESC LIMIT 1")
        .text(generationId, projectId)
        .first(row -> row.text("upstream_key_id"));
  }

  /** The sum of the open and pending holds of a key. */
  static Money heldWithKey(SqlSession sql, String projectId, String keyId) throws SQLException {
    return sql.query(
            "SELECT coalesce(sum(amount_nanos), 0) AS held FROM hold WHERE project_id = ?"
                + " AND state IN ('open', 'pending') AND key_id = ?")
        .text(projectId, keyId)
        .one(row -> row.money("held"));
  }

  /** The number of open holds of the project. */
  long countOpen(String projectId) throws SQLException {
    return sql.query(
            // SQLite uses the index hold_unsettled_of_project only if its condition is in the
            // query.
            "SELECT count(*) AS holds FROM hold WHERE project_id = ?"
                + " AND state IN ('open', 'pending') AND state = 'open'")
        .text(projectId)
        .one(row -> row.number("holds"));
  }

  /**
   * The hold to end, from the cache if this node placed it, otherwise from its row. Null: there is
   * no such hold.
   */
  @Nullable Hold take(String id) throws SQLException {
    Hold placed = openHolds.take(id);
    return placed != null
        ? placed
        : sql.query(SELECT + "id = ?").text(id).first(HoldTable::hold).orElse(null);
  }

  /** The amount held at first, and the project of the hold. */
  record Placed(String projectId, Money amount) {}

  /** The data that a repeated request needs; empty: there is no hold with this id. */
  Optional<Placed> placed(String id) throws SQLException {
    return sql.query("SELECT project_id, placed_nanos FROM hold WHERE id = ?")
        .text(id)
        .first(row -> new Placed(row.text("project_id"), row.money("placed_nanos")));
  }

  static Hold hold(Row row) throws SQLException {
    return new Hold(
        new HoldRequest(
            row.text("id"),
            row.text("project_id"),
            row.text("key_id"),
            row.money("wanted_nanos"),
            row.constant("mode", HoldMode.class),
            new Markup(row.number("markup_ppm")),
            row.text("model"),
            row.text("end_user"),
            row.text("upstream_key_id"),
            row.textOrNull("idempotency_key"),
            HoldLimits.NONE,
            Money.ZERO,
            false,
            row.time("created_at")),
        row.constant("state", State.class),
        row.money("placed_nanos"),
        row.money("amount_nanos"),
        new Fallback(
            row.constant("fallback_source", Fallback.Source.class),
            row.money("fallback_cost_nanos"),
            row.money("estimate_nanos"),
            row.text("fallback_literal"),
            Flag.parse(row.text("fallback_flags")),
            TokenColumns.read(row)),
        row.text("reason"),
        row.textOrNull("generation_id"),
        row.timeOrNull("pending_at"),
        Math.toIntExact(row.number("attempts")),
        row.timeOrNull("next_ask_at"));
  }

  /**
   * @return false if there is a hold with this id
   */
  boolean insert(HoldRequest request, Money placed) throws SQLException {
    int inserted =
        sql.query(INSERT)
            .text(request.id(), request.projectId(), request.keyId())
            .constant(request.mode())
            .money(request.amount(), placed, placed)
            .number(request.markup().ppm())
            .text(request.model(), request.endUser(), request.upstreamKeyId())
            .text(request.idempotencyKey(), node)
            .time(request.at())
            .money(request.promptEstimate())
            .update();
    if (inserted != 1) {
      return false;
    }
    openHolds.placed(request, placed);
    return true;
  }

  void setGeneration(String holdId, String generationId) throws SQLException {
    sql.query(
            "UPDATE hold SET generation_id = ? WHERE id = ? AND generation_id IS NULL"
                + " AND state IN ('open', 'pending')")
        .text(generationId, holdId)
        .update();
    openHolds.answered(holdId, generationId);
  }

  void end(Hold hold, State state, @Nullable String generationId, Instant at) throws SQLException {
    requireOne(
        sql.query(END)
            .constant(state)
            .time(at)
            .text(generationId, hold.id())
            .money(hold.amount())
            .update());
  }

  void pend(Pending pending, Money amount) throws SQLException {
    Fallback fallback = pending.fallback();
    Query update =
        sql.query(PEND)
            .money(amount, fallback.charge())
            .text(pending.reason(), pending.generationId())
            .time(pending.at(), pending.at().plus(pending.askAfter()))
            .constant(fallback.source())
            .money(fallback.cost())
            .text(fallback.literal(), Flag.format(fallback.flags()));
    requireOne(TokenColumns.set(update, fallback.tokens()).text(pending.holdId()).update());
  }

  /**
   * Fails if no row was changed: the row differs from the cached hold, or another node adopted it
   * without the lock on the project. The batch is then retried, and reads the row.
   */
  private static void requireOne(int rows) throws SQLException {
    if (rows != 1) {
      throw new SQLException("the hold was changed by another transaction", "40001");
    }
  }
}
