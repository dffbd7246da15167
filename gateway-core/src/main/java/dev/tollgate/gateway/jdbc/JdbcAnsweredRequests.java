package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.account.AnsweredRequests;
import java.time.Instant;
import java.util.Optional;

/**
 * Requests that must run only once, in the database. The primary key admits one request; a
 * concurrent duplicate waits for the outcome of the first.
 */
final class JdbcAnsweredRequests implements AnsweredRequests {
  private final Database database;

  JdbcAnsweredRequests(Database database) {
    this.database = database;
  }

  @Override
  public boolean take(String key, String fingerprint, Instant at, Instant since) {
    return database.write(
        sql -> {
          sql.query("DELETE FROM admin_request WHERE created_at < ?").time(since).update();
          return sql.query(
                      "INSERT INTO admin_request (key, fingerprint, status, answer, created_at)"
                          + " VALUES (?, ?, 0, '', ?) ON CONFLICT DO NOTHING")
                  .text(key, fingerprint)
                  .time(at)
                  .update()
              == 1;
        });
  }

  @Override
  public void answer(String key, int status, String body) {
    database.write(
        sql ->
            sql.query("UPDATE admin_request SET status = ?, answer = ? WHERE key = ?")
                .number(status)
                .text(body, key)
                .update());
  }

  @Override
  public Optional<Answered> find(String key) {
    return database.read(
        sql ->
            sql.query("SELECT fingerprint, status, answer FROM admin_request WHERE key = ?")
                .text(key)
                .first(
                    row ->
                        new Answered(
                            row.text("fingerprint"),
                            Math.toIntExact(row.number("status")),
                            row.text("answer"))));
  }
}
