package dev.tollgate.gateway.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SqliteSourceTest {
  @TempDir Path directory;
  private SqliteSource source;

  @BeforeEach
  void open() {
    source = new SqliteSource(new DatabaseFile(directory.resolve("tollgate.db")), 1_234, true);
  }

  @ParameterizedTest
  @CsvSource({
    "busy_timeout, 1234",
    "journal_mode, wal",
    "synchronous, 2",
    "foreign_keys, 1",
    "cache_size, -8192",
    "wal_autocheckpoint, 10000",
  })
  void everyConnectionIsSetUpWhateverTheDriversVersion(String pragma, String value)
      throws Exception {
    try (Connection first = source.getConnection();
        Connection second = source.getConnection()) {
      assertThat(read(first, pragma)).isEqualTo(value);
      assertThat(read(second, pragma)).isEqualTo(value);
    }
  }

  /** The value 1 is NORMAL: a commit does not wait for the disk, a checkpoint does. */
  @Test
  void aConnectionMayCommitWithoutTheDisk() throws Exception {
    SqliteSource unsynced =
        new SqliteSource(new DatabaseFile(directory.resolve("tollgate.db")), 1_234, false);
    try (Connection connection = unsynced.getConnection()) {
      assertThat(read(connection, "synchronous")).isEqualTo("1");
    }
  }

  @Test
  void noConnectionIsMadeToAnotherFileOfTheName() throws Exception {
    Path path = directory.resolve("other.db");
    DatabaseFile file = new DatabaseFile(path);
    SqliteSource other = new SqliteSource(file, 1_234, true);
    other.getConnection().close();
    file.open();
    Files.delete(path);

    assertThatThrownBy(other::getConnection)
        .isInstanceOf(SQLException.class)
        .hasMessageContaining("was deleted or replaced");
    assertThat(path).doesNotExist();
  }

  private static String read(Connection connection, String pragma) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("PRAGMA " + pragma)) {
      row.next();
      return row.getString(1);
    }
  }
}
