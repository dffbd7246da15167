package dev.tollgate.gateway.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SqliteMigratorTest extends MigratorContract {
  @TempDir Path directory;
  private Path backup;

  @Override
  DatabaseOptions freshDatabase() {
    return new DatabaseOptions(directory.resolve("tollgate.db"));
  }

  @BeforeEach
  void nameBackup() {
    backup = directory.resolve("tollgate.db.v1.backup");
  }

  @Test
  void aNewDatabaseIsNotCopied() {
    migrate(FIRST, SECOND);

    assertThat(directory).isDirectoryNotContaining("glob:**.backup");
  }

  @Test
  void aDatabaseIsCopiedAsItWasBeforeItIsMigrated() throws Exception {
    migrate(FIRST);
    migrate(FIRST, SECOND);

    assertThat(number(new DatabaseOptions(backup), "SELECT max(version) FROM schema_version"))
        .isEqualTo(1);
    assertThat(number(new DatabaseOptions(backup), "SELECT x FROM a")).isEqualTo(7);
  }

  @Test
  void theCopyIsForItsOwnerAlone() throws Exception {
    migrate(FIRST);
    migrate(FIRST, SECOND);

    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(backup)))
        .isEqualTo("rw-------");
  }

  @Test
  void aDatabaseThatNeedsNoMigrationIsNotCopied() {
    migrate(FIRST);
    migrate(FIRST);

    assertThat(directory).isDirectoryNotContaining("glob:**.backup");
  }
}
