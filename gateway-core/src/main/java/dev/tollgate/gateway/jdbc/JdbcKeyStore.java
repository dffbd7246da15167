package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.account.ApiKey;
import dev.tollgate.gateway.account.KeyAdmin;
import dev.tollgate.gateway.account.KeyFingerprint;
import dev.tollgate.gateway.account.KeyStore;
import dev.tollgate.gateway.account.Markup;
import dev.tollgate.gateway.account.MasterKey;
import dev.tollgate.gateway.account.Principal;
import dev.tollgate.gateway.account.Project;
import dev.tollgate.gateway.account.Secret;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Keys and projects in the database; upstream keys are sealed there, for their project alone. */
final class JdbcKeyStore implements KeyStore, KeyAdmin {
  private static final String PROJECT =
      "p.id, p.name, p.enabled, p.upstream_key, p.markup_ppm, p.created_at";
  private static final int PROJECT_COLUMNS = 6;
  private static final String KEY = "k.id, k.project_id, k.created_at, k.expires_at, k.revoked_at";

  private final Database database;
  private final MasterKey masterKey;

  JdbcKeyStore(Database database, MasterKey masterKey) {
    this.database = database;
    this.masterKey = masterKey;
  }

  @Override
  public Optional<Principal> find(KeyFingerprint fingerprint) {
    return database.read(
        connection -> {
          try (PreparedStatement select =
              connection.prepareStatement(
                  "SELECT "
                      + PROJECT
                      + ", "
                      + KEY
                      + " FROM api_key k JOIN project p ON p.id = k.project_id"
                      + " WHERE k.fingerprint = ?")) {
            select.setString(1, fingerprint.hex());
            try (ResultSet row = select.executeQuery()) {
              return row.next()
                  ? Optional.of(new Principal(project(row), key(row, PROJECT_COLUMNS)))
                  : Optional.empty();
            }
          }
        });
  }

  @Override
  public long changeCounter() {
    return database.read(
        connection -> {
          try (PreparedStatement select =
                  connection.prepareStatement("SELECT value FROM change_counter");
              ResultSet row = select.executeQuery()) {
            row.next();
            return row.getLong(1);
          }
        });
  }

  private static boolean raiseChangeCounterIf(boolean changed, Connection connection)
      throws SQLException {
    if (changed) {
      try (PreparedStatement update =
          connection.prepareStatement("UPDATE change_counter SET value = value + 1")) {
        update.executeUpdate();
      }
    }
    return changed;
  }

  @Override
  public boolean insertProject(Project project) {
    return database.write(
        connection -> {
          try (PreparedStatement insert =
              connection.prepareStatement(
                  "INSERT INTO project (id, name, enabled, upstream_key, markup_ppm,"
                      + " created_at) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING")) {
            Secret upstreamKey = project.upstreamKey();
            insert.setString(1, project.id());
            insert.setString(2, project.name());
            insert.setInt(3, project.enabled() ? 1 : 0);
            insert.setString(
                4, upstreamKey == null ? null : masterKey.seal(upstreamKey, project.id()));
            insert.setLong(5, project.markup().ppm());
            insert.setLong(6, project.createdAt().toEpochMilli());
            return raiseChangeCounterIf(insert.executeUpdate() == 1, connection);
          }
        });
  }

  @Override
  public Optional<Project> findProject(String name) {
    return projects(" WHERE p.name = ?", name).stream().findFirst();
  }

  @Override
  public List<Project> listProjects() {
    return projects(" ORDER BY p.name", null);
  }

  private List<Project> projects(String clause, @Nullable String argument) {
    return database.read(
        connection -> {
          try (PreparedStatement select =
              connection.prepareStatement("SELECT " + PROJECT + " FROM project p" + clause)) {
            if (argument != null) {
              select.setString(1, argument);
            }
            List<Project> projects = new ArrayList<>();
            try (ResultSet row = select.executeQuery()) {
              while (row.next()) {
                projects.add(project(row));
              }
            }
            return projects;
          }
        });
  }

  @Override
  public void setEnabled(String projectId, boolean enabled) {
    database.write(
        connection -> {
          try (PreparedStatement update =
              connection.prepareStatement("UPDATE project SET enabled = ? WHERE id = ?")) {
            update.setInt(1, enabled ? 1 : 0);
            update.setString(2, projectId);
            return raiseChangeCounterIf(update.executeUpdate() == 1, connection);
          }
        });
  }

  @Override
  public void setMarkup(String projectId, Markup markup) {
    database.write(
        connection -> {
          try (PreparedStatement update =
              connection.prepareStatement("UPDATE project SET markup_ppm = ? WHERE id = ?")) {
            update.setLong(1, markup.ppm());
            update.setString(2, projectId);
            return raiseChangeCounterIf(update.executeUpdate() == 1, connection);
          }
        });
  }

  @Override
  public void setUpstreamKey(String projectId, @Nullable Secret key) {
    database.write(
        connection -> {
          try (PreparedStatement update =
              connection.prepareStatement("UPDATE project SET upstream_key = ? WHERE id = ?")) {
            update.setString(1, key == null ? null : masterKey.seal(key, projectId));
            update.setString(2, projectId);
            return raiseChangeCounterIf(update.executeUpdate() == 1, connection);
          }
        });
  }

  @Override
  public boolean insertKey(ApiKey key, KeyFingerprint fingerprint) {
    return database.write(
        connection -> {
          try (PreparedStatement insert =
              connection.prepareStatement(
                  "INSERT INTO api_key (id, project_id, fingerprint, created_at, expires_at,"
                      + " revoked_at) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING")) {
            insert.setString(1, key.id());
            insert.setString(2, key.projectId());
            insert.setString(3, fingerprint.hex());
            insert.setLong(4, key.createdAt().toEpochMilli());
            setInstant(insert, 5, key.expiresAt());
            setInstant(insert, 6, key.revokedAt());
            return raiseChangeCounterIf(insert.executeUpdate() == 1, connection);
          }
        });
  }

  @Override
  public List<ApiKey> listKeys(String projectId) {
    return database.read(
        connection -> {
          try (PreparedStatement select =
              connection.prepareStatement(
                  "SELECT "
                      + KEY
                      + " FROM api_key k WHERE k.project_id = ? ORDER BY k.created_at, k.id")) {
            select.setString(1, projectId);
            List<ApiKey> keys = new ArrayList<>();
            try (ResultSet row = select.executeQuery()) {
              while (row.next()) {
                keys.add(key(row, 0));
              }
            }
            return keys;
          }
        });
  }

  @Override
  public boolean revokeKey(String projectId, String keyId, Instant at) {
    return database.write(
        connection -> {
          try (PreparedStatement update =
              connection.prepareStatement(
                  "UPDATE api_key SET revoked_at = coalesce(revoked_at, ?)"
                      + " WHERE id = ? AND project_id = ?")) {
            update.setLong(1, at.toEpochMilli());
            update.setString(2, keyId);
            update.setString(3, projectId);
            return raiseChangeCounterIf(update.executeUpdate() == 1, connection);
          }
        });
  }

  private Project project(ResultSet row) throws SQLException {
    String id = row.getString(1);
    String sealed = row.getString(4);
    return new Project(
        id,
        row.getString(2),
        row.getInt(3) != 0,
        sealed == null ? null : masterKey.open(sealed, id),
        new Markup(row.getLong(5)),
        Instant.ofEpochMilli(row.getLong(6)));
  }

  private static ApiKey key(ResultSet row, int offset) throws SQLException {
    return new ApiKey(
        row.getString(offset + 1),
        row.getString(offset + 2),
        Instant.ofEpochMilli(row.getLong(offset + 3)),
        instant(row, offset + 4),
        instant(row, offset + 5));
  }

  private static @Nullable Instant instant(ResultSet row, int column) throws SQLException {
    long millis = row.getLong(column);
    return row.wasNull() ? null : Instant.ofEpochMilli(millis);
  }

  private static void setInstant(PreparedStatement statement, int index, @Nullable Instant instant)
      throws SQLException {
    if (instant == null) {
      statement.setNull(index, Types.BIGINT);
    } else {
      statement.setLong(index, instant.toEpochMilli());
    }
  }
}
