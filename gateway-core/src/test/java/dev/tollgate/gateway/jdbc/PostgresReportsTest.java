package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.testkit.Postgres;

class PostgresReportsTest extends JdbcReportsContract {

  @Override
  DatabaseOptions freshDatabase() {
    return Postgres.newDatabase();
  }
}
