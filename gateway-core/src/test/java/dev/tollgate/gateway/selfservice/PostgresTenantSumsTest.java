package dev.tollgate.gateway.selfservice;

import dev.tollgate.gateway.jdbc.DatabaseOptions;
import dev.tollgate.gateway.testkit.Postgres;
import java.nio.file.Path;
import java.util.Map;

class PostgresTenantSumsTest extends TenantSumsContract {
  @Override
  Map<String, String> database(Path directory) {
    DatabaseOptions database = Postgres.newDatabase();
    return Map.of(
        "tollgate.database.url", database.url(),
        "tollgate.database.user", "postgres",
        "tollgate.master.key", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
  }
}
