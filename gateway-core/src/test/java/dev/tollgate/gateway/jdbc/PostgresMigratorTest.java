package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.testkit.Postgres;

class PostgresMigratorTest extends MigratorContract {
  @Override
  DatabaseOptions freshDatabase() {
    return Postgres.newDatabase();
  }
}
