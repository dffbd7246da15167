package dev.tollgate.gateway.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tollgate.gateway.account.StoreUnavailableException;
import java.nio.file.Path;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DatabaseTest {
  @TempDir Path directory;
  private Path file;
  private Database database;

  @BeforeEach
  void open() {
    file = directory.resolve("tollgate.db");
    database = Database.open(new DatabaseOptions(file), Migrator.ofThisBuild());
  }

  @AfterEach
  void close() {
    database.close();
  }

  private void put(String name) {
    database.write(
        connection -> {
          try (PreparedStatement insert =
              connection.prepareStatement("INSERT INTO setting (name, value) VALUES (?, '')")) {
            insert.setString(1, name);
            return insert.executeUpdate();
          }
        });
  }

  private List<String> names() {
    return database.read(
        connection -> {
          List<String> names = new ArrayList<>();
          try (Statement statement = connection.createStatement();
              ResultSet rows = statement.executeQuery("SELECT name FROM setting ORDER BY name")) {
            while (rows.next()) {
              names.add(rows.getString(1));
            }
          }
          return names;
        });
  }

  private <T> T inTransaction(java.util.function.Supplier<T> work) {
    return database.inTransaction(work);
  }

  @Test
  void whatATransactionDidIsThereWhenItReturns() {
    inTransaction(
        () -> {
          put("a");
          put("b");
          return true;
        });

    assertThat(names()).containsExactly("a", "b");
  }

  @Test
  void aTransactionThatThrowsIsUndoneAsAWhole() {
    IllegalStateException thrown = new IllegalStateException("no");

    assertThatThrownBy(
            () ->
                inTransaction(
                    () -> {
                      put("a");
                      put("b");
                      throw thrown;
                    }))
        .isSameAs(thrown);
    assertThat(names()).isEmpty();
  }

  @Test
  void aTransactionWhoseStatementFailsIsUndoneAsAWhole() {
    assertThatThrownBy(
            () ->
                inTransaction(
                    () -> {
                      put("a");
                      put("a");
                      return true;
                    }))
        .isInstanceOf(StoreUnavailableException.class);
    assertThat(names()).isEmpty();
  }

  @Test
  void aTransactionInsideAnotherJoinsIt() {
    assertThatThrownBy(
            () ->
                inTransaction(
                    () -> {
                      inTransaction(
                          () -> {
                            put("a");
                            return true;
                          });
                      throw new IllegalStateException("no");
                    }))
        .isInstanceOf(IllegalStateException.class);
    assertThat(names()).isEmpty();
  }

  @Test
  void aTransactionReadsWhatItWrote() {
    List<String> seen =
        inTransaction(
            () -> {
              put("a");
              return names();
            });

    assertThat(seen).containsExactly("a");
  }

  @Test
  void theNextTransactionAfterOneThatThrewIsCommitted() {
    assertThatThrownBy(
            () ->
                inTransaction(
                    () -> {
                      throw new IllegalStateException("no");
                    }))
        .isInstanceOf(IllegalStateException.class);

    put("a");

    assertThat(names()).containsExactly("a");
  }

  @Test
  void readsGoOnBesideAWriter() throws Exception {
    put("a");
    try (Sqlite writer = new Sqlite(file)) {
      writer.execute("BEGIN IMMEDIATE").execute("DELETE FROM setting");

      assertThat(names()).containsExactly("a");
    }
  }

  @Test
  void aWriteThatFindsTheDatabaseLockedSaysThatTheStoreIsUnavailable() throws Exception {
    try (Sqlite writer = new Sqlite(file)) {
      writer.execute("BEGIN IMMEDIATE");

      assertThatThrownBy(() -> put("a"))
          .isInstanceOf(StoreUnavailableException.class)
          .hasMessage("the database does not answer: it is locked by another process");
    }
  }

  @Test
  void afterALockIsGoneEveryConnectionSeesWhatOthersWrite() throws Exception {
    try (Sqlite writer = new Sqlite(file)) {
      writer.execute("BEGIN IMMEDIATE");
      assertThatThrownBy(() -> put("a")).isInstanceOf(StoreUnavailableException.class);
      writer.execute("COMMIT");
      assertThat(names()).isEmpty();

      writer.execute("INSERT INTO setting (name, value) VALUES ('b', '')");

      assertThat(names()).containsExactly("b");
      put("c");
      assertThat(writer.number("SELECT count(*) FROM setting")).isEqualTo(2);
    }
  }

  @Test
  void aCommitIsNotFollowedByAnotherTransaction() throws Exception {
    inTransaction(
        () -> {
          put("a");
          return true;
        });

    try (Sqlite writer = new Sqlite(file)) {
      writer.execute("PRAGMA busy_timeout = 0").execute("BEGIN IMMEDIATE").execute("COMMIT");
    }
  }
}
