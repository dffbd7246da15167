package dev.tollgate.gateway.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tollgate.gateway.jdbc.Migrator.Migration;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MigratorTest {
  private static final Migration FIRST =
      new Migration(1, 1, "CREATE TABLE a (x INTEGER);\nINSERT INTO a VALUES (7);\n");
  private static final Migration SECOND =
      new Migration(2, 1, "CREATE TABLE b (x INTEGER);\nDELETE FROM a;\n");

  @TempDir Path directory;
  private Path file;
  private Path backup;

  @BeforeEach
  void name() {
    file = directory.resolve("tollgate.db");
    backup = directory.resolve("tollgate.db.v1.backup");
  }

  private void migrate(Migration... migrations) {
    Database.open(new DatabaseOptions(file), new Migrator(List.of(migrations))).close();
  }

  private static long number(Path database, String query) throws SQLException {
    try (Sqlite sqlite = new Sqlite(database)) {
      return sqlite.number(query);
    }
  }

  @Test
  void aNewDatabaseGetsAllMigrationsInOrder() throws Exception {
    migrate(FIRST, SECOND);

    assertThat(number(file, "SELECT max(version) FROM schema_version")).isEqualTo(2);
    assertThat(number(file, "SELECT count(*) FROM a")).isZero();
  }

  @Test
  void aNewDatabaseIsNotCopied() {
    migrate(FIRST, SECOND);

    assertThat(directory).isDirectoryNotContaining("glob:**.backup");
  }

  @Test
  void aMigrationIsAppliedOnce() throws Exception {
    migrate(FIRST);
    migrate(FIRST);

    assertThat(number(file, "SELECT count(*) FROM a")).isEqualTo(1);
    assertThat(directory).isDirectoryNotContaining("glob:**.backup");
  }

  @Test
  void aLaterMigrationIsAppliedToWhatIsThere() throws Exception {
    migrate(FIRST);
    migrate(FIRST, SECOND);

    assertThat(number(file, "SELECT max(version) FROM schema_version")).isEqualTo(2);
    assertThat(number(file, "SELECT count(*) FROM b")).isZero();
  }

  @Test
  void aDatabaseIsCopiedAsItWasBeforeItIsMigrated() throws Exception {
    migrate(FIRST);
    migrate(FIRST, SECOND);

    assertThat(number(backup, "SELECT max(version) FROM schema_version")).isEqualTo(1);
    assertThat(number(backup, "SELECT x FROM a")).isEqualTo(7);
  }

  @Test
  void theCopyIsForItsOwnerAlone() throws Exception {
    migrate(FIRST);
    migrate(FIRST, SECOND);

    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(backup)))
        .isEqualTo("rw-------");
  }

  @Test
  void aMigrationThatFailsIsUndoneAsAWhole() throws Exception {
    migrate(FIRST);
    Migration broken = new Migration(2, 1, "DELETE FROM a;\nINSERT INTO missing VALUES (1);\n");

    assertThatThrownBy(() -> migrate(FIRST, broken))
        .isInstanceOf(DatabaseException.class)
        .hasMessageContaining("missing");
    assertThat(number(file, "SELECT x FROM a")).isEqualTo(7);
    assertThat(number(file, "SELECT max(version) FROM schema_version")).isEqualTo(1);
  }

  @Test
  void aMigrationThatFailedIsAppliedOnceItIsMended() throws Exception {
    migrate(FIRST);
    Migration broken = new Migration(2, 1, "DELETE FROM missing;\n");
    assertThatThrownBy(() -> migrate(FIRST, broken)).isInstanceOf(DatabaseException.class);

    migrate(FIRST, SECOND);

    assertThat(number(file, "SELECT max(version) FROM schema_version")).isEqualTo(2);
  }

  @Test
  void anOlderBuildRunsOnASchemaThatAllowsIt() throws Exception {
    migrate(FIRST, SECOND);

    migrate(FIRST);

    assertThat(number(file, "SELECT max(version) FROM schema_version")).isEqualTo(2);
  }

  @Test
  void anOlderBuildRefusesASchemaThatNeedsANewerOne() throws Exception {
    migrate(FIRST, new Migration(2, 2, "DROP TABLE a;\n"));

    assertThatThrownBy(() -> migrate(FIRST))
        .isInstanceOf(DatabaseException.class)
        .hasMessage(
            "the database has schema version 2, which needs a newer Tollgate:"
                + " this one knows versions up to 1");
  }

  @Test
  void thisBuildRefusesASchemaThatNeedsANewerOne() throws Exception {
    Database.open(new DatabaseOptions(file), Migrator.ofThisBuild()).close();
    try (Sqlite sqlite = new Sqlite(file)) {
      sqlite.execute("INSERT INTO schema_version VALUES (999, 999, 0)");
    }

    assertThatThrownBy(() -> JdbcStores.open(new DatabaseOptions(file), null))
        .isInstanceOf(DatabaseException.class)
        .hasMessageContaining("needs a newer Tollgate");
  }
}
