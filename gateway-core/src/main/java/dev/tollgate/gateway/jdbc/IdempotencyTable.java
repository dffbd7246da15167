package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.ledger.Hold;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Optional;

/** The table {@code idempotency}, which maps the idempotency keys of a project to holds. */
record IdempotencyTable(SqlSession sql) {

  /** The hold that claimed a key after {@code since}. */
  Optional<String> find(String projectId, String key, Instant since) throws SQLException {
    return sql.query(
            "SELECT hold_id FROM idempotency WHERE project_id = ? AND key = ? AND created_at > ?")
        .text(projectId, key)
        .time(since)
        .first(row -> row.text("hold_id"));
  }

  /** Claims a key for a hold, even if another hold has claimed it. */
  void claim(String projectId, String key, String holdId, Instant at) throws SQLException {
    sql.query(
            "INSERT INTO idempotency (project_id, key, hold_id, created_at) VALUES (?, ?, ?, ?)"
                + " ON CONFLICT (project_id, key) DO UPDATE"
                + " SET hold_id = excluded.hold_id, created_at = excluded.created_at")
        .text(projectId, key, holdId)
        .time(at)
        .update();
  }

  /** Releases the key of a hold, unless another hold has claimed it since. */
  void release(Hold hold) throws SQLException {
    sql.query("DELETE FROM idempotency WHERE project_id = ? AND key = ? AND hold_id = ?")
        .text(hold.request().projectId(), hold.request().idempotencyKey(), hold.id())
        .update();
  }
}
