package dev.tollgate.gateway.admin;

import dev.tollgate.gateway.jdbc.DatabaseOptions;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class SqliteAdminChangesTest extends AdminChangesContract {
  @TempDir Path directory;

  @Override
  DatabaseOptions freshDatabase() {
    return new DatabaseOptions(directory.resolve("tollgate.db"));
  }
}
