package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.account.AnsweredRequests;
import java.time.Instant;
import java.util.Optional;

/**
 * Requests that must run only once, in the database. The primary key admits one request; a
 * concurrent duplicate waits for the outcome of the first.
 */
record JdbcAnsweredRequests(Database database) implements AnsweredRequests {

  @Override
  public boolean take(String key, String fingerprint, Instant at, Instant since) {
    database.update("DELETE FROM admin_request WHERE created_at < ?", query -> query.time(since));
    return database.update(
            "INSERT INTO admin_request (key, fingerprint, status, answer, created_at)"
                + " VALUES (?, ?, 0, '', ?) ON CONFLICT DO NOTHING",
            query -> query.text(key, fingerprint).time(at))
        == 1;
  }

  @Override
  public void answer(String key, int status, String body) {
    database.update(
        "UPDATE admin_request SET status = ?, answer = ? WHERE key = ?",
        query -> query.number(status).text(body, key));
  }

  @Override
  public Optional<Answered> find(String key) {
    return database.first(
        "SELECT fingerprint, status, answer FROM admin_request WHERE key = ?",
        query -> query.text(key),
        row ->
            new Answered(
                row.text("fingerprint"),
                Math.toIntExact(row.number("status")),
                row.text("answer")));
  }
}
