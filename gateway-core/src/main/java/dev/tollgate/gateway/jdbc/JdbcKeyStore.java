package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.account.ApiKey;
import dev.tollgate.gateway.account.KeyAdmin;
import dev.tollgate.gateway.account.KeyFingerprint;
import dev.tollgate.gateway.account.KeyStore;
import dev.tollgate.gateway.account.Limits;
import dev.tollgate.gateway.account.Markup;
import dev.tollgate.gateway.account.MasterKey;
import dev.tollgate.gateway.account.Principal;
import dev.tollgate.gateway.account.Project;
import dev.tollgate.gateway.account.Secret;
import dev.tollgate.gateway.account.SpendingCaps;
import dev.tollgate.gateway.account.UpstreamAccess;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Keys and projects in the database; upstream keys are sealed there, for their project alone. */
final class JdbcKeyStore implements KeyStore, KeyAdmin {
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
                      + AccountRows.PROJECT
                      + ", "
                      + AccountRows.KEY
                      + " FROM api_key k JOIN project p ON p.id = k.project_id"
                      + " WHERE k.fingerprint = ?")) {
            Statements.setText(select, 1, fingerprint.hex());
            try (ResultSet row = select.executeQuery()) {
              return row.next() ? Optional.of(principal(row)) : Optional.empty();
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
                  "INSERT INTO project (id, name, enabled, markup_ppm, created_at, upstream_key,"
                      + " upstream, rate, max_open, models, daily_cap_nanos, monthly_cap_nanos)"
                      + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING")) {
            Statements.setText(insert, 1, project.id());
            Statements.setText(insert, 2, project.name());
            insert.setInt(3, project.enabled() ? 1 : 0);
            insert.setLong(4, project.markup().ppm());
            insert.setLong(5, project.createdAt().toEpochMilli());
            setUpstream(insert, 6, project.upstream(), project.id());
            AccountRows.setLimits(insert, 8, project.limits());
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
              connection.prepareStatement(
                  "SELECT " + AccountRows.PROJECT + " FROM project p" + clause)) {
            if (argument != null) {
              Statements.setText(select, 1, argument);
            }
            List<Project> projects = new ArrayList<>();
            try (ResultSet row = select.executeQuery()) {
              while (row.next()) {
                projects.add(AccountRows.project(row, masterKey));
              }
            }
            return projects;
          }
        });
  }

  @Override
  public boolean lockProject(String projectId) {
    return database.write(
        connection -> {
          try (PreparedStatement select =
              connection.prepareStatement(
                  "SELECT id FROM project WHERE id = ?" + database.dialect().forUpdate())) {
            Statements.setText(select, 1, projectId);
            try (ResultSet row = select.executeQuery()) {
              return row.next();
            }
          }
        });
  }

  /** The parameters of a statement. */
  private interface Parameters {
    void set(PreparedStatement statement) throws SQLException;
  }

  private boolean change(String sql, Parameters parameters) {
    return database.write(
        connection -> {
          try (PreparedStatement statement = connection.prepareStatement(sql)) {
            parameters.set(statement);
            return raiseChangeCounterIf(statement.executeUpdate() == 1, connection);
          }
        });
  }

  @Override
  public void setEnabled(String projectId, boolean enabled) {
    var unused =
        change(
            "UPDATE project SET enabled = ? WHERE id = ?",
            update -> {
              update.setInt(1, enabled ? 1 : 0);
              Statements.setText(update, 2, projectId);
            });
  }

  @Override
  public void setMarkup(String projectId, Markup markup) {
    var unused =
        change(
            "UPDATE project SET markup_ppm = ? WHERE id = ?",
            update -> {
              update.setLong(1, markup.ppm());
              Statements.setText(update, 2, projectId);
            });
  }

  @Override
  public void setUpstream(String projectId, UpstreamAccess upstream) {
    var unused =
        change(
            "UPDATE project SET upstream_key = ?, upstream = ? WHERE id = ?",
            update -> {
              setUpstream(update, 1, upstream, projectId);
              Statements.setText(update, 3, projectId);
            });
  }

  /** Two parameters from {@code index} on: upstream_key and upstream. */
  private void setUpstream(
      PreparedStatement statement, int index, UpstreamAccess upstream, String projectId)
      throws SQLException {
    Secret key = upstream.key();
    Statements.setText(statement, index, key == null ? null : masterKey.seal(key, projectId));
    // Where there is a key it says nothing.
    Statements.setText(
        statement,
        index + 1,
        (key == null ? upstream.kind() : UpstreamAccess.Kind.DEFAULT).toString());
  }

  @Override
  public void setLimits(String projectId, Limits limits) {
    var unused =
        change(
            "UPDATE project SET rate = ?, max_open = ?, models = ?, daily_cap_nanos = ?,"
                + " monthly_cap_nanos = ? WHERE id = ?",
            update -> {
              AccountRows.setLimits(update, 1, limits);
              Statements.setText(update, 6, projectId);
            });
  }

  @Override
  public boolean insertKey(ApiKey key, KeyFingerprint fingerprint) {
    return database.write(
        connection -> {
          try (PreparedStatement insert =
              connection.prepareStatement(
                  "INSERT INTO api_key (id, project_id, fingerprint, created_at, expires_at,"
                      + " revoked_at, kind, self_made, daily_cap_nanos, monthly_cap_nanos)"
                      + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING")) {
            Statements.setText(insert, 1, key.id());
            Statements.setText(insert, 2, key.projectId());
            Statements.setText(insert, 3, fingerprint.hex());
            insert.setLong(4, key.createdAt().toEpochMilli());
            AccountRows.setInstant(insert, 5, key.expiresAt());
            AccountRows.setInstant(insert, 6, key.revokedAt());
            Statements.setText(insert, 7, key.kind().toString());
            insert.setInt(8, key.selfMade() ? 1 : 0);
            AccountRows.setCaps(insert, 9, key.caps());
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
                      + AccountRows.KEY
                      + " FROM api_key k WHERE k.project_id = ? ORDER BY k.created_at, k.id")) {
            Statements.setText(select, 1, projectId);
            List<ApiKey> keys = new ArrayList<>();
            try (ResultSet row = select.executeQuery()) {
              while (row.next()) {
                keys.add(AccountRows.key(row, 0));
              }
            }
            return keys;
          }
        });
  }

  @Override
  public boolean setKeyCaps(String projectId, String keyId, SpendingCaps caps) {
    return change(
        "UPDATE api_key SET daily_cap_nanos = ?, monthly_cap_nanos = ?"
            + " WHERE id = ? AND project_id = ?",
        update -> {
          AccountRows.setCaps(update, 1, caps);
          Statements.setText(update, 3, keyId);
          Statements.setText(update, 4, projectId);
        });
  }

  @Override
  public boolean setKeyExpiry(String projectId, String keyId, Instant at) {
    return change(
        "UPDATE api_key SET expires_at = CASE WHEN expires_at <= ? THEN expires_at ELSE ? END"
            + " WHERE id = ? AND project_id = ?",
        update -> {
          AccountRows.setInstant(update, 1, at);
          AccountRows.setInstant(update, 2, at);
          Statements.setText(update, 3, keyId);
          Statements.setText(update, 4, projectId);
        });
  }

  @Override
  public boolean revokeKey(String projectId, String keyId, Instant at) {
    return change(
        "UPDATE api_key SET revoked_at = coalesce(revoked_at, ?) WHERE id = ? AND project_id = ?",
        update -> {
          AccountRows.setInstant(update, 1, at);
          Statements.setText(update, 2, keyId);
          Statements.setText(update, 3, projectId);
        });
  }

  private Principal principal(ResultSet row) throws SQLException {
    return new Principal(
        AccountRows.project(row, masterKey), AccountRows.key(row, AccountRows.PROJECT_COLUMNS));
  }

  @Override
  public int sealAnew() {
    return database.write(connection -> new Resealing(connection, database, masterKey).run());
  }
}
