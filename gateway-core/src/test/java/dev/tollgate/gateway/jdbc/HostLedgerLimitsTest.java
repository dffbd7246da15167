package dev.tollgate.gateway.jdbc;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.account.Markup;
import dev.tollgate.gateway.account.Project;
import dev.tollgate.gateway.ledger.Credit;
import dev.tollgate.gateway.ledger.HoldLimits;
import dev.tollgate.gateway.ledger.HoldOutcome.Held;
import dev.tollgate.gateway.ledger.Ledger;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Settled;
import dev.tollgate.gateway.testkit.Postgres;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Batches that are made again, because of what an application's connections say. */
class HostLedgerLimitsTest {
  private final HostApplication host = new HostApplication(Postgres.newWholeDatabase());
  private final AtomicInteger failures = new AtomicInteger();
  private String state = "";
  private boolean before;
  private JdbcStores stores;
  private Ledger ledger;

  @BeforeEach
  void open() {
    stores = JdbcStores.openForServer(source(), JdbcBooks.MASTER_KEY, Duration.ofSeconds(30));
    stores
        .keyAdmin()
        .insertProject(new Project("prj_1", "shop", true, null, Markup.NONE, Instant.EPOCH));
    ledger = stores.ledger();
    ledger.credit(new Credit("c1", "prj_1", new Money(1_000), "", Instant.EPOCH));
  }

  @AfterEach
  void close() {
    stores.close();
    host.close();
  }

  /** The application's pool, whose next commits fail: before they are made, or after it. */
  private DataSource source() {
    return proxy(
        DataSource.class,
        host.pool(),
        (pool, method, arguments) ->
            method.getName().equals("getConnection") && arguments == null
                ? proxy(Connection.class, host.pool().getConnection(), this::onConnection)
                : plain(pool, method, arguments));
  }

  private Object onConnection(Object connection, Method method, Object[] arguments)
      throws Throwable {
    Object made = plain(connection, method, arguments);
    return method.getName().equals("createStatement")
        ? proxy(Statement.class, made, this::onStatement)
        : made;
  }

  private Object onStatement(Object statement, Method method, Object[] arguments) throws Throwable {
    boolean commits =
        method.getName().equals("execute")
            && String.valueOf(arguments[0]).endsWith("COMMIT")
            && Thread.currentThread().getName().equals("tollgate-ledger");
    boolean fails = commits && failures.getAndUpdate(n -> Math.max(0, n - 1)) > 0;
    if (fails && before) {
      throw new SQLException("of this test", state);
    }
    Object made = plain(statement, method, arguments);
    if (fails) {
      throw new SQLException("of this test", state);
    }
    return made;
  }

  private interface Call {
    Object call(Object target, Method method, Object[] arguments) throws Throwable;
  }

  private static <T> T proxy(Class<T> type, Object target, Call call) {
    return type.cast(
        Proxy.newProxyInstance(
            HostLedgerLimitsTest.class.getClassLoader(),
            new Class<?>[] {type},
            (self, method, arguments) -> call.call(target, method, arguments)));
  }

  private static Object plain(Object target, Method method, Object[] arguments) throws Throwable {
    try {
      return method.invoke(target, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }

  private void nextCommitsFail(int times, String sqlState, boolean beforeTheyAreMade) {
    state = sqlState;
    before = beforeTheyAreMade;
    failures.set(times);
  }

  private long number(String query) throws Exception {
    try (Sql outside = new Sql(host.tables())) {
      return outside.number(query);
    }
  }

  private void assertHeld(String id, HoldLimits limits) throws Exception {
    assertThat(JdbcLedgerLimitsContract.hold(ledger, "prj_1", id, "k", limits).get(10, SECONDS))
        .isEqualTo(new Held(new Money(10)));
    assertThat(failures).hasValue(0);
  }

  private void assertCountedOnce() throws Exception {
    assertThat(number("SELECT day_nanos FROM project WHERE id = 'prj_1'")).isEqualTo(7);
    assertThat(number("SELECT month_nanos FROM project WHERE id = 'prj_1'")).isEqualTo(7);
    assertThat(number("SELECT day_nanos FROM key_spending")).isEqualTo(7);
    assertThat(number("SELECT month_nanos FROM key_spending")).isEqualTo(7);
    assertThat(number("SELECT charges_nanos FROM project WHERE id = 'prj_1'")).isEqualTo(7);
  }

  /** A dead lock, two transactions that cannot be in a row, a connection that is gone. */
  @ParameterizedTest
  @ValueSource(strings = {"40P01", "40001", "08006"})
  void aChargeThatIsMadeAgainIsCountedOnce(String sqlState) throws Exception {
    assertHeld("h1", HoldLimits.NONE);
    nextCommitsFail(3, sqlState, true);

    assertThat(
            JdbcLedgerLimitsContract.capture(ledger, "h1", 7, JdbcLedgerLimitsContract.NOON)
                .get(10, SECONDS))
        .isEqualTo(Settled.DONE);
    assertThat(failures).hasValue(0);
    assertCountedOnce();
  }

  @Test
  void aChargeOfWhoseCommitNobodyKnowsIsCountedOnce() throws Exception {
    assertHeld("h1", HoldLimits.NONE);
    nextCommitsFail(3, "08006", false);

    assertThat(
            JdbcLedgerLimitsContract.capture(ledger, "h1", 7, JdbcLedgerLimitsContract.NOON)
                .get(10, SECONDS))
        .isEqualTo(Settled.REPEATED);
    assertThat(failures).hasValue(0);
    assertCountedOnce();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aHoldThatIsMadeAgainIsKeptToTheLimitsOnce(boolean beforeItsCommit) throws Exception {
    nextCommitsFail(2, "08006", beforeItsCommit);

    assertHeld("h1", JdbcLedgerLimitsContract.limits(1, 1, 10, 10));
    assertThat(number("SELECT free_requests FROM project WHERE id = 'prj_1'")).isEqualTo(1);
  }
}
