package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.testkit.Postgres;

class PostgresLedgerTest extends JdbcLedgerContract {

  @Override
  DatabaseOptions freshDatabase() {
    return Postgres.newDatabase();
  }
}
