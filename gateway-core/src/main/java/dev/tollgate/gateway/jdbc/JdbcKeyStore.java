package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.account.ApiKey;
import dev.tollgate.gateway.account.AuditLog;
import dev.tollgate.gateway.account.Erased;
import dev.tollgate.gateway.account.KeyAdmin;
import dev.tollgate.gateway.account.KeyFingerprint;
import dev.tollgate.gateway.account.KeySettings;
import dev.tollgate.gateway.account.KeyStore;
import dev.tollgate.gateway.account.Limit;
import dev.tollgate.gateway.account.Limits;
import dev.tollgate.gateway.account.MasterKey;
import dev.tollgate.gateway.account.Principal;
import dev.tollgate.gateway.account.Project;
import dev.tollgate.gateway.account.Secret;
import dev.tollgate.gateway.account.UpstreamAccess;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** Keys and projects in the database. Each upstream key is sealed for its own project. */
record JdbcKeyStore(Database database, MasterKey masterKey) implements KeyStore, KeyAdmin {
  private static final String PROJECTS = "SELECT " + AccountRows.PROJECT + " FROM project p";

  @Override
  public Optional<Principal> find(KeyFingerprint fingerprint) {
    return database.first(
        "SELECT "
            + (AccountRows.PROJECT + ", " + AccountRows.KEY)
            + " FROM api_key k JOIN project p ON p.id = k.project_id WHERE k.fingerprint = ?",
        query -> query.text(fingerprint.hex()),
        row -> new Principal(project(row), AccountRows.key(row)));
  }

  private Project project(Row row) throws SQLException {
    return AccountRows.project(row, masterKey);
  }

  @Override
  public long changeCounter() {
    return database.read(
        sql -> sql.query("SELECT value FROM change_counter").one(row -> row.number("value")));
  }

  /**
   * Changes a row and increases the change counter.
   *
   * @return whether the row exists
   */
  private boolean change(String text, Query.Parameters parameters) {
    return database.write(
        sql -> {
          boolean changed = parameters.set(sql.query(text)).update() == 1;
          if (changed) {
            raiseChangeCounter(sql);
          }
          return changed;
        });
  }

  private static void raiseChangeCounter(SqlSession sql) throws SQLException {
    sql.query("UPDATE change_counter SET value = value + 1").update();
  }

  @Override
  public boolean insertProject(Project project) {
    return change(
        "INSERT INTO project (id, name, created_at, display_name, enabled, archived_at, markup_ppm,"
            + " upstream_key, upstream, "
            + AccountRows.columns(Limit.OF_PROJECT, "%s")
            + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, "
            + AccountRows.columns(Limit.OF_PROJECT, "?")
            + ") ON CONFLICT DO NOTHING",
        insert -> {
          insert.text(project.id(), project.name()).time(project.createdAt());
          return set(insert, project);
        });
  }

  @Override
  public Optional<Project> findProject(String name) {
    return database.first(PROJECTS + " WHERE p.name = ?", query -> query.text(name), this::project);
  }

  @Override
  public List<Project> listProjects() {
    return database.list(PROJECTS + " ORDER BY p.name", query -> query, this::project);
  }

  @Override
  public boolean lockProject(String projectId) {
    return database.write(
        sql ->
            sql.query("SELECT id FROM project WHERE id = ?" + sql.dialect().forUpdate())
                .text(projectId)
                .exists());
  }

  @Override
  public void updateProject(Project project) {
    var unused =
        change(
            "UPDATE project SET display_name = ?, enabled = ?, archived_at = ?, markup_ppm = ?,"
                + " upstream_key = ?, upstream = ?, "
                + AccountRows.columns(Limit.OF_PROJECT, "%s = ?")
                + " WHERE id = ?",
            update -> set(update, project).text(project.id()));
  }

  /** Sets a parameter for each column that may change, the limits last. */
  private Query set(Query query, Project project) throws SQLException {
    UpstreamAccess upstream = project.upstream();
    Secret key = upstream.key();
    // The kind is ignored if there is a key.
    UpstreamAccess.Kind kind = key == null ? upstream.kind() : UpstreamAccess.Kind.DEFAULT;
    query
        .text(project.displayName())
        .flag(project.enabled())
        .timeOrNull(project.archivedAt())
        .number(project.markup().ppm())
        .text(key == null ? null : masterKey.seal(key, project.id()))
        .text(kind.toString());
    return AccountRows.set(query, Limit.OF_PROJECT, project.limits());
  }

  @Override
  public boolean insertKey(ApiKey key, KeyFingerprint fingerprint) {
    return change(
        "INSERT INTO api_key (id, project_id, fingerprint, created_at, expires_at, revoked_at,"
            + " kind, self_made, origin, name, metadata, disabled, "
            + AccountRows.columns(Limit.OF_KEY, "%s")
            + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
            + AccountRows.columns(Limit.OF_KEY, "?")
            + ") ON CONFLICT DO NOTHING",
        insert ->
            set(
                insert
                    .text(key.id(), key.projectId(), fingerprint.hex())
                    .time(key.createdAt())
                    .timeOrNull(key.expiresAt())
                    .timeOrNull(key.revokedAt())
                    .text(key.kind().toString())
                    .flag(AccountRows.selfMade(key.origin()))
                    .number(AccountRows.number(key.origin())),
                key.settings()));
  }

  private static Query set(Query query, KeySettings settings) throws SQLException {
    query.text(settings.name(), settings.metadata()).flag(settings.disabled());
    return AccountRows.set(query, Limit.OF_KEY, Limits.of(settings.caps()));
  }

  @Override
  public List<ApiKey> listKeys(String projectId) {
    return keys(projectId, "");
  }

  @Override
  public List<ApiKey> listUnrevokedKeys(String projectId) {
    return keys(projectId, " AND k.revoked_at IS NULL");
  }

  private List<ApiKey> keys(String projectId, String condition) {
    return database.list(
        "SELECT "
            + AccountRows.KEY
            + " FROM api_key k WHERE k.project_id = ?"
            + condition
            + " ORDER BY k.created_at, k.id",
        query -> query.text(projectId),
        AccountRows::key);
  }

  @Override
  public boolean setKey(String projectId, String keyId, KeySettings settings) {
    return change(
        "UPDATE api_key SET name = ?, metadata = ?, disabled = ?, "
            + AccountRows.columns(Limit.OF_KEY, "%s = ?")
            + " WHERE id = ? AND project_id = ?",
        update -> set(update, settings).text(keyId, projectId));
  }

  @Override
  public boolean setKeyOrigin(String projectId, String keyId, ApiKey.Origin origin) {
    return change(
        "UPDATE api_key SET self_made = ?, origin = ? WHERE id = ? AND project_id = ?",
        update ->
            update
                .flag(AccountRows.selfMade(origin))
                .number(AccountRows.number(origin))
                .text(keyId, projectId));
  }

  @Override
  public boolean setKeyExpiry(String projectId, String keyId, Instant at) {
    return change(
        "UPDATE api_key SET expires_at = CASE WHEN expires_at <= ? THEN expires_at ELSE ? END"
            + " WHERE id = ? AND project_id = ?",
        update -> update.time(at).time(at).text(keyId).text(projectId));
  }

  @Override
  public boolean revokeKey(String projectId, String keyId, Instant at) {
    return change(
        "UPDATE api_key SET revoked_at = coalesce(revoked_at, ?) WHERE id = ? AND project_id = ?",
        update -> update.time(at).text(keyId).text(projectId));
  }

  @Override
  public Erased eraseProject(
      Project project, String name, Instant at, UnaryOperator<AuditLog.Line> audited) {
    return database.write(
        sql -> {
          Erased erased = new PersonalData(sql, project).erase(name, at, audited);
          raiseChangeCounter(sql);
          return erased;
        });
  }

  @Override
  public int sealAnew() {
    return database.write(sql -> new SealedTexts(sql, masterKey).sealAnew());
  }
}
