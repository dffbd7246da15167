package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.account.AnsweredRequests;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.time.Instant;
import java.util.Optional;

/**
 * Requests that are carried out once, in the database. The primary key lets one in, and makes the
 * other wait for what becomes of the first.
 */
final class JdbcAnsweredRequests implements AnsweredRequests {
  private final Database database;

  JdbcAnsweredRequests(Database database) {
    this.database = database;
  }

  @Override
  public boolean take(String key, String fingerprint, Instant at, Instant since) {
    return database.write(
        connection -> {
          try (PreparedStatement delete =
              connection.prepareStatement("DELETE FROM admin_request WHERE created_at < ?")) {
            delete.setLong(1, since.toEpochMilli());
            delete.executeUpdate();
          }
          try (PreparedStatement insert =
              connection.prepareStatement(
                  "INSERT INTO admin_request (key, fingerprint, status, answer, created_at)"
                      + " VALUES (?, ?, 0, '', ?) ON CONFLICT DO NOTHING")) {
            Statements.setText(insert, 1, key);
            Statements.setText(insert, 2, fingerprint);
            insert.setLong(3, at.toEpochMilli());
            return insert.executeUpdate() == 1;
          }
        });
  }

  @Override
  public void answer(String key, int status, String body) {
    database.write(
        connection -> {
          try (PreparedStatement update =
              connection.prepareStatement(
                  "UPDATE admin_request SET status = ?, answer = ? WHERE key = ?")) {
            update.setInt(1, status);
            Statements.setText(update, 2, body);
            Statements.setText(update, 3, key);
            return update.executeUpdate();
          }
        });
  }

  @Override
  public Optional<Answered> find(String key) {
    return database.read(
        connection -> {
          try (PreparedStatement select =
              connection.prepareStatement(
                  "SELECT fingerprint, status, answer FROM admin_request WHERE key = ?")) {
            Statements.setText(select, 1, key);
            try (ResultSet row = select.executeQuery()) {
              return row.next()
                  ? Optional.of(new Answered(row.getString(1), row.getInt(2), row.getString(3)))
                  : Optional.empty();
            }
          }
        });
  }
}
