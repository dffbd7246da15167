package dev.tollgate.gateway.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tollgate.gateway.account.StoreUnavailableException;
import dev.tollgate.gateway.testkit.Postgres;
import java.sql.SQLException;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class PostgresDatabaseTest extends DatabaseContract {
  @Override
  DatabaseOptions freshDatabase() {
    return Postgres.newDatabase();
  }

  private void assertNotForGood(ThrowingCallable work) {
    assertThatThrownBy(work)
        .isInstanceOf(StoreUnavailableException.class)
        .cause()
        .isInstanceOfSatisfying(
            SQLException.class, e -> assertThat(database.dialect().refuses(e)).isFalse());
  }

  @Test
  void aFailureThatSomebodySwallowedIsNoCommit() {
    assertThatThrownBy(
            () ->
                inTransaction(
                    () -> {
                      put("a");
                      assertThatThrownBy(() -> put("a"));
                      return true;
                    }))
        .isInstanceOf(StoreUnavailableException.class);
    assertThat(names()).isEmpty();
  }

  @Test
  void aRowThatAnotherHoldsIsWaitedForAFewSeconds() throws Exception {
    put("a");
    try (Sql other = new Sql(options)) {
      other.execute("BEGIN").execute("UPDATE setting SET value = 'x'");

      assertNotForGood(
          () -> database.write(sql -> sql.query("UPDATE setting SET value = 'y'").update()));
    }
    put("b");
    assertThat(names()).containsExactly("a", "b");
  }

  @Test
  void aConnectionThatTheServerEndsInATransactionIsTransient() {
    put("a");

    assertNotForGood(
        () ->
            database.write(
                sql -> sql.query("SELECT pg_terminate_backend(pg_backend_pid())").exists()));
    assertThat(names()).containsExactly("a");
  }

  @Test
  void theConnectionsBearOurName() throws Exception {
    put("a");

    try (Sql other = new Sql(options)) {
      assertThat(
              other.number(
                  "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'tollgate'"
                      + " AND datname = current_database()"))
          .isPositive();
    }
  }
}
