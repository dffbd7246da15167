package dev.tollgate.gateway.jdbc;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class SqliteMoneyHistoryTest extends JdbcMoneyHistoryContract {
  @TempDir Path directory;

  @Override
  DatabaseOptions options() {
    return new DatabaseOptions(directory.resolve("tollgate.db"));
  }
}
