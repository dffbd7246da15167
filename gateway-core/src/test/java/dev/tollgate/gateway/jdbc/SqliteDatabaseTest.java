package dev.tollgate.gateway.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tollgate.gateway.account.StoreUnavailableException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SqliteDatabaseTest extends DatabaseContract {
  @TempDir Path directory;

  @Override
  DatabaseOptions freshDatabase() {
    return new DatabaseOptions(directory.resolve("tollgate.db"));
  }

  @Test
  void readsGoOnBesideAWriter() throws Exception {
    put("a");
    try (Sql writer = new Sql(options)) {
      writer.execute("BEGIN IMMEDIATE").execute("DELETE FROM setting");

      assertThat(names()).containsExactly("a");
    }
  }

  @Test
  void aWriteThatFindsTheDatabaseLockedSaysThatTheStoreIsUnavailable() throws Exception {
    try (Sql writer = new Sql(options)) {
      writer.execute("BEGIN IMMEDIATE");

      assertThatThrownBy(() -> put("a"))
          .isInstanceOf(StoreUnavailableException.class)
          .hasMessage("the database does not answer: it is locked by another process");
    }
  }

  @Test
  void afterALockIsGoneEveryConnectionSeesWhatOthersWrite() throws Exception {
    try (Sql writer = new Sql(options)) {
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
  void whoHasWaitedLongestWritesNext() throws Exception {
    List<Thread> waiting = new ArrayList<>();
    List<String> written = Collections.synchronizedList(new ArrayList<>());
    inTransaction(
        () -> {
          for (String name : List.of("a", "b", "c", "d")) {
            Thread writer =
                new Thread(
                    () ->
                        database.inTransaction(
                            () -> {
                              put(name);
                              return written.add(name);
                            }));
            writer.start();
            await().until(() -> writer.getState() == Thread.State.TIMED_WAITING);
            waiting.add(writer);
          }
          return true;
        });
    for (Thread writer : waiting) {
      writer.join();
    }
    assertThat(written).containsExactly("a", "b", "c", "d");
    assertThat(names()).containsExactly("a", "b", "c", "d");
  }

  @Test
  void anInterruptDoesNotEndTheWaitingForATurn() throws Exception {
    AtomicBoolean interrupted = new AtomicBoolean();
    Thread writer =
        new Thread(
            () -> {
              put("a");
              interrupted.set(Thread.currentThread().isInterrupted());
            });
    inTransaction(
        () -> {
          writer.start();
          await().until(() -> writer.getState() == Thread.State.TIMED_WAITING);
          writer.interrupt();
          return true;
        });
    writer.join();
    assertThat(names()).containsExactly("a");
    assertThat(interrupted).isTrue();
  }

  @Test
  void aCommitIsNotFollowedByAnotherTransaction() throws Exception {
    inTransaction(
        () -> {
          put("a");
          return true;
        });

    try (Sql writer = new Sql(options)) {
      writer.execute("PRAGMA busy_timeout = 0").execute("BEGIN IMMEDIATE").execute("COMMIT");
    }
  }

  @Test
  void aLockIsNotForGood() throws Exception {
    try (Sql writer = new Sql(options)) {
      writer.execute("BEGIN IMMEDIATE");

      assertThatThrownBy(() -> put("a"))
          .cause()
          .isInstanceOfSatisfying(
              SQLException.class, e -> assertThat(database.dialect().refuses(e)).isFalse());
    }
  }
}
