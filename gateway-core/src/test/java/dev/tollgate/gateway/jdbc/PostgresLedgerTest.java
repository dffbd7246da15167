package dev.tollgate.gateway.jdbc;

class PostgresLedgerTest extends JdbcLedgerContract {
  private static final ReusedSchema SCHEMA = new ReusedSchema();

  @Override
  DatabaseOptions freshDatabase() {
    return SCHEMA.emptied();
  }
}
