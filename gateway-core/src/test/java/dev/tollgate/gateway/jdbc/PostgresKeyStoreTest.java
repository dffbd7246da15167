package dev.tollgate.gateway.jdbc;

class PostgresKeyStoreTest extends JdbcKeyStoreContract {
  private static final ReusedSchema SCHEMA = new ReusedSchema();

  @Override
  DatabaseOptions freshDatabase() {
    return SCHEMA.emptied();
  }
}
