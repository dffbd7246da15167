package dev.tollgate.gateway.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SqliteKeyStoreTest extends JdbcKeyStoreContract {
  @TempDir Path directory;

  @Override
  DatabaseOptions freshDatabase() {
    return new DatabaseOptions(directory.resolve("tollgate.db"));
  }

  private String allBytes() throws Exception {
    StringBuilder all = new StringBuilder();
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.toList()) {
        all.append(Files.readString(file, StandardCharsets.ISO_8859_1));
      }
    }
    return all.toString();
  }

  @Test
  void anUpstreamKeyIsInNoFileWhileTheDatabaseIsOpen() throws Exception {
    insertShop();

    assertThat(directory.resolve("tollgate.db-wal")).isNotEmptyFile();
    assertThat(allBytes()).contains("prj_shop").doesNotContain("sealed-secret");
  }

  @Test
  void anUpstreamKeyIsInNoFileOnceTheDatabaseIsClosed() throws Exception {
    insertShop();
    close();

    assertThat(allBytes()).contains("prj_shop").doesNotContain("sealed-secret");
  }
}
