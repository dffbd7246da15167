package dev.tollgate.gateway.jdbc;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.tollgate.gateway.account.MasterKey;
import dev.tollgate.gateway.account.Secret;
import dev.tollgate.gateway.account.UpstreamKeys;
import java.util.Optional;

/**
 * Upstream keys in the database, each sealed for its own id. The key of an id never changes, so it
 * is cached here, and most calls need no database access.
 */
final class JdbcUpstreamKeys implements UpstreamKeys {
  private static final int REMEMBERED = 10_000;

  private final Database database;
  private final MasterKey masterKey;
  private final Cache<String, Secret> known =
      Caffeine.newBuilder().executor(Runnable::run).maximumSize(REMEMBERED).build();

  JdbcUpstreamKeys(Database database, MasterKey masterKey) {
    this.database = database;
    this.masterKey = masterKey;
  }

  @Override
  public String remember(Secret key) {
    String id = UpstreamKeys.idOf(key);
    if (known.getIfPresent(id) == null) {
      insert(id, key);
      if (!database.isInTransaction()) {
        known.put(id, key);
      }
    }
    return id;
  }

  private void insert(String id, Secret key) {
    String sealed = masterKey.seal(key, context(id));
    database.update(
        "INSERT INTO upstream_key (id, sealed, created_at) VALUES (?, ?, "
            + database.dialect().nowMillis()
            + ") ON CONFLICT DO NOTHING",
        query -> query.text(id, sealed));
  }

  @Override
  public Optional<Secret> find(String id) {
    Secret remembered = known.getIfPresent(id);
    if (remembered != null) {
      return Optional.of(remembered);
    }
    Optional<Secret> found =
        database.first(
            "SELECT sealed FROM upstream_key WHERE id = ?",
            query -> query.text(id),
            row -> masterKey.open(row.text("sealed"), context(id)));
    if (!database.isInTransaction()) {
      found.ifPresent(key -> known.put(id, key));
    }
    return found;
  }

  static String context(String id) {
    return "upstream-key:" + id;
  }
}
