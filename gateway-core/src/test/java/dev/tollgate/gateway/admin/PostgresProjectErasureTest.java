package dev.tollgate.gateway.admin;

import dev.tollgate.gateway.jdbc.DatabaseOptions;
import dev.tollgate.gateway.testkit.Postgres;

class PostgresProjectErasureTest extends ProjectErasureContract {
  @Override
  DatabaseOptions freshDatabase() {
    return Postgres.newDatabase();
  }
}
