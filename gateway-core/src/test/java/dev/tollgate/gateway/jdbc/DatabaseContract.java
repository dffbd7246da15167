package dev.tollgate.gateway.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tollgate.gateway.account.StoreUnavailableException;
import java.sql.SQLException;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Transactions on every database. */
abstract class DatabaseContract {
  DatabaseOptions options;
  Database database;

  /** An empty database. */
  abstract DatabaseOptions freshDatabase();

  @BeforeEach
  void open() {
    options = freshDatabase();
    database = Database.open(options, Migrator.ofThisBuild());
  }

  @AfterEach
  void close() {
    database.close();
  }

  void put(String name) {
    database.write(
        sql -> sql.query("INSERT INTO setting (name, value) VALUES (?, '')").text(name).update());
  }

  List<String> names() {
    return database.read(
        sql -> sql.query("SELECT name FROM setting ORDER BY name").list(row -> row.text("name")));
  }

  <T> T inTransaction(Supplier<T> work) {
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
  void aTransactionThatFailedLeavesEveryConnectionUsable() {
    for (int i = 0; i < 20; i++) {
      assertThatThrownBy(
              () ->
                  inTransaction(
                      () -> {
                        put("a");
                        put("a");
                        return true;
                      }))
          .isInstanceOf(StoreUnavailableException.class);
    }

    put("b");

    assertThat(names()).containsExactly("b");
  }

  @Test
  void aReasonIsOneLine() {
    put("a");

    assertThatThrownBy(() -> put("a"))
        .isInstanceOf(StoreUnavailableException.class)
        .hasMessageStartingWith("the database does not answer: ")
        .hasMessageNotContaining("\n");
  }

  @Test
  void aRepeatedKeyIsRefusedForGood() {
    put("a");

    assertThatThrownBy(() -> put("a"))
        .cause()
        .isInstanceOfSatisfying(
            SQLException.class, e -> assertThat(database.dialect().refuses(e)).isTrue());
  }

  @Test
  void theDatabaseTellsTheTimeInMilliseconds() {
    long before = System.currentTimeMillis();
    long now =
        database.read(
            sql ->
                sql.query("SELECT " + sql.dialect().nowMillis() + " AS now")
                    .one(row -> row.number("now")));

    assertThat(now).isBetween(before - 1, System.currentTimeMillis() + 1);
  }

  @Test
  void aRowCanBeReadForUpdate() {
    put("a");

    String value =
        database.write(
            sql ->
                sql.query("SELECT name FROM setting" + sql.dialect().forUpdate())
                    .one(row -> row.text("name")));

    assertThat(value).isEqualTo("a");
  }
}
