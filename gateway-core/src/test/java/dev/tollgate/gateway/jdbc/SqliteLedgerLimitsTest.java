package dev.tollgate.gateway.jdbc;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class SqliteLedgerLimitsTest extends JdbcLedgerLimitsContract {
  @TempDir Path directory;

  @Override
  DatabaseOptions freshDatabase() {
    return new DatabaseOptions(directory.resolve("tollgate.db"));
  }
}
