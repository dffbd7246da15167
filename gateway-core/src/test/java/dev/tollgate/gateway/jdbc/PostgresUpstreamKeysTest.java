package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.testkit.Postgres;

class PostgresUpstreamKeysTest extends JdbcUpstreamKeysContract {
  @Override
  DatabaseOptions freshDatabase() {
    return Postgres.newDatabase();
  }
}
