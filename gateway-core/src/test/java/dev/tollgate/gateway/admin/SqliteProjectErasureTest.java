package dev.tollgate.gateway.admin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.jdbc.DatabaseOptions;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SqliteProjectErasureTest extends ProjectErasureContract {
  @TempDir Path directory;

  @Override
  DatabaseOptions freshDatabase() {
    return new DatabaseOptions(file());
  }

  private Path file() {
    return directory.resolve("tollgate.db");
  }

  private String bytes() throws Exception {
    return Files.readString(file(), StandardCharsets.ISO_8859_1);
  }

  @Test
  void theFileItselfHoldsNothingPersonalOnceTheLogIsCopiedIntoIt() throws Exception {
    fill(MARK + "-shop");
    stores.close();
    assertThat(bytes()).contains(MARK);
    open();
    archiveAndErase(MARK + "-shop");

    stores.close();

    assertThat(file().resolveSibling("tollgate.db-wal")).doesNotExist();
    assertThat(bytes()).doesNotContain(MARK);
    open();
  }
}
