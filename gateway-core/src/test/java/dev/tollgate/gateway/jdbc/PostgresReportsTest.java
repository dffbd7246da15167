package dev.tollgate.gateway.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.ledger.EntryFilter;
import dev.tollgate.gateway.ledger.EntryPage;
import java.sql.Connection;
import org.junit.jupiter.api.Test;

class PostgresReportsTest extends JdbcReportsContract {
  private static final ReusedSchema SCHEMA = new ReusedSchema();

  @Override
  DatabaseOptions freshDatabase() {
    return SCHEMA.emptied();
  }

  private static void insert(Connection connection, String project, String id) throws Exception {
    Database.execute(
        connection,
        "INSERT INTO ledger_entry (project_id, id, kind, amount_nanos, note, created_at)"
            + " VALUES ('%s', '%s', 'credit', 1, '', 0)".formatted(project, id));
  }

  @Test
  void anEntryThatIsCommittedLateIsNotMissed() throws Exception {
    String project = books.newProject();
    EntryFilter filter = ofProject(project);
    try (Connection late = Sql.connect(books.options);
        Connection early = Sql.connect(books.options)) {
      late.setAutoCommit(false);
      insert(late, project, "a-late");
      insert(early, project, "b-early");

      EntryPage before = reports.entriesAfter(filter, "", 10);
      assertThat(before.entries()).isEmpty();

      late.commit();
      assertThat(ids(reports.entriesAfter(filter, before.next(), 10)))
          .containsExactly("a-late", "b-early");
    }
  }

  @Test
  void theEntriesOfOneTransactionMayBeOnSeveralPages() throws Exception {
    String project = books.newProject();
    EntryFilter filter = ofProject(project);
    try (Connection connection = Sql.connect(books.options)) {
      connection.setAutoCommit(false);
      for (String id : new String[] {"c", "a", "b"}) {
        insert(connection, project, id);
      }
      connection.commit();
    }

    EntryPage first = reports.entriesAfter(filter, "", 2);

    assertThat(ids(first)).containsExactly("a", "b");
    assertThat(ids(reports.entriesAfter(filter, first.next(), 2))).containsExactly("c");
  }

  @Test
  void aReaderThatHasReadAllHoldsThePositionOfAnEntry() throws Exception {
    String project = books.newProject();
    try (Connection connection = Sql.connect(books.options)) {
      insert(connection, project, "c1");
      // Other transactions of the server.
      for (int i = 0; i < 10; i++) {
        Database.execute(connection, "SELECT txid_current()");
      }
    }

    EntryPage none = reports.entriesAfter(ofProject("other"), "", 10);

    assertThat(Position.parse(none.next()).id()).isEqualTo("c1");
  }

  @Test
  void entriesOfARestoredDumpStayBeforeNewOnes() throws Exception {
    String project = books.newProject();
    EntryFilter filter = ofProject(project);
    try (Connection connection = Sql.connect(books.options)) {
      insert(connection, project, "z-old");
      String caughtUp = reports.entriesAfter(filter, "", 10).next();
      // As restored on a server that has counted fewer transactions.
      Database.execute(connection, "UPDATE ledger_entry SET tx = tx + 1000000");
      Position before = Position.parse(caughtUp);
      String position =
          new Position(before.number() + 1_000_000, before.projectId(), before.id()).text();
      assertThat(reports.entriesAfter(filter, "", 10).entries()).isEmpty();

      try (JdbcBooks restored = new JdbcBooks(books.options)) {
        insert(connection, project, "a-new");
        EntryPage all = restored.stores.reports().entriesAfter(filter, "", 10);
        assertThat(ids(all)).containsExactly("z-old", "a-new");
        assertThat(ids(restored.stores.reports().entriesAfter(filter, position, 10)))
            .containsExactly("a-new");
        insert(connection, project, "a-newer");
        assertThat(ids(restored.stores.reports().entriesAfter(filter, all.next(), 10)))
            .containsExactly("a-newer");
      }
      Database.execute(
          connection, "ALTER TABLE ledger_entry ALTER COLUMN tx SET DEFAULT txid_current()");
    }
  }
}
