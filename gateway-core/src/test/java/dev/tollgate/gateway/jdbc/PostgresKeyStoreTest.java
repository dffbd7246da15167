package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.testkit.Postgres;

class PostgresKeyStoreTest extends JdbcKeyStoreContract {
  @Override
  DatabaseOptions freshDatabase() {
    return Postgres.newDatabase();
  }
}
