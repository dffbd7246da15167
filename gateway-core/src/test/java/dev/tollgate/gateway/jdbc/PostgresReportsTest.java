package dev.tollgate.gateway.jdbc;

class PostgresReportsTest extends JdbcReportsContract {
  private static final ReusedSchema SCHEMA = new ReusedSchema();

  @Override
  DatabaseOptions freshDatabase() {
    return SCHEMA.emptied();
  }
}
