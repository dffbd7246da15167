package dev.tollgate.gateway.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.ledger.Reports.Violation;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SqliteReportsTest extends JdbcReportsContract {
  @TempDir Path directory;

  @Override
  DatabaseOptions freshDatabase() {
    return new DatabaseOptions(directory.resolve("tollgate.db"));
  }

  /** Other programs need not keep foreign keys. */
  @Test
  void rowsOfNoProjectAreFound() throws Exception {
    String project = books.newProject();
    try (Sqlite other = new Sqlite(directory.resolve("tollgate.db"))) {
      other.execute("PRAGMA foreign_keys = OFF");
      other.execute(
          "INSERT INTO ledger_entry (project_id, id, kind, amount_nanos, note, created_at)"
              + " VALUES ('gone', 'c1', 'credit', 1, '', 0)");
      other.execute("UPDATE ledger_entry SET project_id = 'gone'");
    }

    assertThat(violations())
        .containsExactly(
            new Violation("every row of ledger_entry is of a project", "gone", "c1", "amount 1"));
    assertThat(project).isNotEqualTo("gone");
  }
}
