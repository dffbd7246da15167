package dev.tollgate.gateway.jdbc;

import dev.tollgate.gateway.testkit.Postgres;

class PostgresMoneyHistoryTest extends JdbcMoneyHistoryContract {
  @Override
  DatabaseOptions options() {
    return Postgres.newDatabase();
  }
}
