package dev.tollgate.gateway.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tollgate.gateway.jdbc.Migrator.Migration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Migrations on every database. */
abstract class MigratorContract {
  static final Migration FIRST =
      new Migration(1, 1, "CREATE TABLE a (x INTEGER);\nINSERT INTO a VALUES (7);\n");
  static final Migration SECOND =
      new Migration(2, 1, "CREATE TABLE b (x INTEGER);\nDELETE FROM a;\n");

  DatabaseOptions database;

  /** An empty database. */
  abstract DatabaseOptions freshDatabase();

  @BeforeEach
  void name() {
    database = freshDatabase();
  }

  void migrate(Migration... migrations) {
    Database.open(database, new Migrator(List.of(migrations))).close();
  }

  static long number(DatabaseOptions database, String query) throws Exception {
    try (Sql sql = new Sql(database)) {
      return sql.number(query);
    }
  }

  @Test
  void aNewDatabaseGetsAllMigrationsInOrder() throws Exception {
    migrate(FIRST, SECOND);

    assertThat(number(database, "SELECT max(version) FROM schema_version")).isEqualTo(2);
    assertThat(number(database, "SELECT count(*) FROM a")).isZero();
  }

  @Test
  void aStatementBehindAnothersCommentIsApplied() throws Exception {
    migrate(
        new Migration(
            1, 1, "CREATE TABLE a (x INTEGER); -- or so\nINSERT INTO a (x) VALUES (1); -- one;\n"));

    assertThat(number(database, "SELECT count(*) FROM a")).isEqualTo(1);
  }

  @Test
  void aMigrationIsAppliedOnce() throws Exception {
    migrate(FIRST);
    migrate(FIRST);

    assertThat(number(database, "SELECT count(*) FROM a")).isEqualTo(1);
  }

  @Test
  void aLaterMigrationIsAppliedToWhatIsThere() throws Exception {
    migrate(FIRST);
    migrate(FIRST, SECOND);

    assertThat(number(database, "SELECT max(version) FROM schema_version")).isEqualTo(2);
    assertThat(number(database, "SELECT count(*) FROM b")).isZero();
  }

  @Test
  void aMigrationThatFailsIsUndoneAsAWhole() throws Exception {
    migrate(FIRST);
    Migration broken = new Migration(2, 1, "DELETE FROM a;\nINSERT INTO missing VALUES (1);\n");

    assertThatThrownBy(() -> migrate(FIRST, broken))
        .isInstanceOf(DatabaseException.class)
        .hasMessageContaining("missing");
    assertThat(number(database, "SELECT x FROM a")).isEqualTo(7);
    assertThat(number(database, "SELECT max(version) FROM schema_version")).isEqualTo(1);
  }

  @Test
  void aMigrationThatFailedIsAppliedOnceItIsMended() throws Exception {
    migrate(FIRST);
    Migration broken = new Migration(2, 1, "DELETE FROM missing;\n");
    assertThatThrownBy(() -> migrate(FIRST, broken)).isInstanceOf(DatabaseException.class);

    migrate(FIRST, SECOND);

    assertThat(number(database, "SELECT max(version) FROM schema_version")).isEqualTo(2);
  }

  @Test
  void anOlderBuildRunsOnASchemaThatAllowsIt() throws Exception {
    migrate(FIRST, SECOND);

    migrate(FIRST);

    assertThat(number(database, "SELECT max(version) FROM schema_version")).isEqualTo(2);
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
    Database.open(database, Migrator.ofThisBuild()).close();
    try (Sql sql = new Sql(database)) {
      sql.execute("INSERT INTO schema_version VALUES (999, 999, 0)");
    }

    assertThatThrownBy(() -> Database.open(database, Migrator.ofThisBuild()))
        .isInstanceOf(DatabaseException.class)
        .hasMessageContaining("needs a newer Tollgate");
  }

  @Test
  void twoThatMigrateAtOnceMigrateOnce() throws Exception {
    CyclicBarrier together = new CyclicBarrier(2);
    ExecutorService executor = Executors.newFixedThreadPool(2);
    try {
      Callable<Boolean> open =
          () -> {
            together.await();
            Database.open(database, Migrator.ofThisBuild()).close();
            return true;
          };
      for (Future<Boolean> each : executor.invokeAll(List.of(open, open))) {
        assertThat(each.get()).isTrue();
      }
    } finally {
      executor.shutdownNow();
    }

    assertThat(number(database, "SELECT count(*) FROM schema_version"))
        .isEqualTo(Migrator.ofThisBuild().migrations().size());
    assertThat(number(database, "SELECT count(*) FROM change_counter")).isEqualTo(1);
  }

  @Test
  void whatVersionOneHeldIsKept() throws Exception {
    migrate(Migrator.ofThisBuild().migrations().get(0));
    try (Sql sql = new Sql(database)) {
      sql.execute(
              "INSERT INTO project (id, name, enabled, credits_nanos, created_at)"
                  + " VALUES ('prj_1', 'shop', 1, 5000000000, 0)")
          .execute(
              "INSERT INTO ledger_entry (project_id, id, kind, amount_nanos, note, created_at)"
                  + " VALUES ('prj_1', 'c1', 'credit', 5000000000, '', 0)");
    }

    Database.open(database, Migrator.ofThisBuild()).close();

    assertThat(number(database, "SELECT credits_nanos FROM project WHERE markup_ppm = 0"))
        .isEqualTo(5_000_000_000L);
    assertThat(number(database, "SELECT count(*) FROM ledger_entry WHERE prompt_tokens = -1"))
        .isEqualTo(1);
  }

  @Test
  void anOlderBuildWritesHoldsThatThisOneReads() throws Exception {
    Database.open(database, Migrator.ofThisBuild()).close();

    try (Sql sql = new Sql(database)) {
      sql.execute(
              "INSERT INTO project (id, name, enabled, created_at) VALUES ('prj_1', 'shop', 1, 0)")
          .execute(
              "INSERT INTO hold (id, project_id, key_id, state, mode, wanted_nanos, placed_nanos,"
                  + " amount_nanos, markup_ppm, model, upstream_key_id, owner, created_at) VALUES"
                  + " ('h1', 'prj_1', 'key_1', 'open', 'bounded', 5, 5, 5, 0, '', '', 'n', 0)")
          .execute("UPDATE hold SET state = 'pending', estimate_nanos = 3 WHERE id = 'h1'");
    }

    assertThat(
            number(database, "SELECT count(*) FROM hold WHERE " + LedgerInvariants.READABLE_HOLD))
        .isEqualTo(1);
  }
}
