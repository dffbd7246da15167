package dev.tollgate.gateway.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tollgate.gateway.account.KeyFingerprint;
import dev.tollgate.gateway.account.Markup;
import dev.tollgate.gateway.account.Project;
import dev.tollgate.gateway.account.StoreUnavailableException;
import dev.tollgate.gateway.ledger.Credit;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.testkit.Postgres;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.net.URL;
import java.net.URLClassLoader;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What an application's connections may do to the books, and the books to them. */
class HostDatabaseAbuseTest {
  private static final Duration LEASE = Duration.ofSeconds(30);
  private DatabaseOptions options;
  private HostApplication host;

  @BeforeEach
  void start() {
    options = Postgres.newWholeDatabase();
    host = new HostApplication(options);
  }

  @AfterEach
  void stop() {
    host.close();
  }

  private static Project project() {
    return new Project("prj_1", "shop", true, null, Markup.NONE, Instant.EPOCH);
  }

  private interface Call {
    Object call(Object target, java.lang.reflect.Method method, Object[] arguments)
        throws Throwable;
  }

  private static <T> T proxy(Class<T> type, Object target, Call call) {
    return type.cast(
        Proxy.newProxyInstance(
            HostDatabaseAbuseTest.class.getClassLoader(),
            new Class<?>[] {type},
            (self, method, arguments) -> call.call(target, method, arguments)));
  }

  private static Object plain(Object target, java.lang.reflect.Method method, Object[] arguments)
      throws Throwable {
    try {
      return method.invoke(target, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }

  private static DataSource source(DataSource behind, Supplier connections) {
    return proxy(
        DataSource.class,
        behind,
        (target, method, arguments) ->
            method.getName().equals("getConnection") && arguments == null
                ? connections.get()
                : plain(target, method, arguments));
  }

  private interface Supplier {
    Connection get() throws SQLException;
  }

  /**
   * pg_temp is searched first wherever search_path does not name it. A report of the host's has
   * left a temporary copy on the pool's connections.
   */
  @Test
  void aTemporaryTableOfTheHostIsNotTakenForOurs() throws Exception {
    try (JdbcStores stores = JdbcStores.openForServer(host.pool(), JdbcBooks.MASTER_KEY, LEASE)) {
      stores.keyAdmin().insertProject(project());
      Connection[] all = new Connection[4];
      // All four connections of the pool, while the gateway asks for one in between.
      for (int i = 0; i < all.length; i++) {
        all[i] = host.pool().getConnection();
        Database.execute(
            all[i],
            "CREATE TEMP TABLE project (LIKE tollgate.project INCLUDING ALL);"
                + " INSERT INTO pg_temp.project SELECT * FROM tollgate.project");
      }
      for (Connection each : all) {
        each.close();
      }

      stores.ledger().credit(new Credit("c1", "prj_1", Money.parse("5"), "", Instant.EPOCH));
    }
    try (Sql outside = new Sql(host.tables())) {
      assertThat(outside.number("SELECT credits_nanos FROM tollgate.project"))
          .as("five dollars were written to a temporary table of the host's session")
          .isEqualTo(5_000_000_000L);
    }
  }

  /** As Spring's TransactionAwareDataSourceProxy: one connection for a thread's transaction. */
  @Test
  void theTransactionThatTheHostsThreadIsInIsNotCommitted() throws Exception {
    ThreadLocal<Connection> bound = new ThreadLocal<>();
    DataSource aware =
        source(
            host.pool(),
            () -> {
              Connection mine = bound.get();
              return mine == null
                  ? host.pool().getConnection()
                  : proxy(
                      Connection.class,
                      mine,
                      (target, method, arguments) ->
                          method.getName().equals("close")
                              ? null
                              : plain(target, method, arguments));
            });
    try (JdbcStores stores = JdbcStores.openForServer(aware, JdbcBooks.MASTER_KEY, LEASE)) {
      stores.keyAdmin().insertProject(project());
      try (Connection transaction = host.pool().getConnection()) {
        transaction.setAutoCommit(false);
        bound.set(transaction);
        Database.execute(transaction, "INSERT INTO public.project VALUES ('an order, half done')");
        try {
          // Gateway.principalOf within a service's @Transactional.
          assertThat(stores.keys().findProject("shop")).isPresent();
        } catch (StoreUnavailableException e) {
          // To refuse is as good.
        }
        bound.remove();
        transaction.rollback();
      }
      assertThat(host.ask("SELECT count(*) FROM project WHERE title LIKE 'an order%'"))
          .as("rows of the host's transaction that it has rolled back")
          .isEqualTo("0");
    }
  }

  /** GatewayBuilder.dataSource: "what it throws counts as the database not answering". */
  @Test
  void whatTheDataSourceThrowsIsAStoreThatIsUnavailable() throws Exception {
    AtomicBoolean down = new AtomicBoolean();
    DataSource routing =
        source(
            host.pool(),
            () -> {
              if (down.get()) {
                // Spring's AbstractRoutingDataSource, a proxy, a pool that is being closed.
                throw new IllegalStateException("Cannot determine target DataSource");
              }
              return host.pool().getConnection();
            });
    try (JdbcStores stores = JdbcStores.openForServer(routing, JdbcBooks.MASTER_KEY, LEASE)) {
      down.set(true);

      assertThatThrownBy(() -> stores.keys().find(KeyFingerprint.of("tg_nobody")))
          .isInstanceOf(StoreUnavailableException.class);
    }
  }

  /** A capture that met such an outage is kept, as with any other outage. */
  @Test
  void aChangeOfTheLedgerOutlivesWhatTheDataSourceThrows() throws Exception {
    AtomicBoolean down = new AtomicBoolean();
    CountDownLatch asked = new CountDownLatch(1);
    DataSource routing =
        source(
            host.pool(),
            () -> {
              if (down.get()) {
                asked.countDown();
                throw new IllegalStateException("Cannot determine target DataSource");
              }
              return host.pool().getConnection();
            });
    try (JdbcStores stores = JdbcStores.openForServer(routing, JdbcBooks.MASTER_KEY, LEASE)) {
      down.set(true);
      var recorded = stores.ledger().recordGeneration("req_1", "gen-1").toCompletableFuture();
      assertThat(asked.await(5, TimeUnit.SECONDS)).isTrue();
      down.set(false);
      assertThat(recorded)
          .as("a generation id is said once: it is kept until the database answers again")
          .succeedsWithin(Duration.ofSeconds(5));
    }
  }

  /** The container's own driver, as in Tomcat's lib, and the WAR's beside it. */
  @Test
  void aDriverOfAnotherClassLoaderServesAsWell() throws Exception {
    URL jar = org.postgresql.Driver.class.getProtectionDomain().getCodeSource().getLocation();
    try (URLClassLoader container =
        new URLClassLoader(new URL[] {jar}, ClassLoader.getPlatformClassLoader())) {
      Class<?> type = container.loadClass("org.postgresql.ds.PGSimpleDataSource");
      DataSource source = (DataSource) type.getDeclaredConstructor().newInstance();
      type.getMethod("setUrl", String.class).invoke(source, options.url());
      type.getMethod("setUser", String.class).invoke(source, options.user());

      assertThatCode(() -> JdbcStores.openForServer(source, JdbcBooks.MASTER_KEY, LEASE).close())
          .doesNotThrowAnyException();
    }
  }

  /**
   * BEGIN and what follows it are one round trip, of which BEGIN may have happened when the rest
   * fails: cancelled by an administrator, by statement_timeout, by a proxy that knows no SET LOCAL.
   */
  @Test
  void aBeginThatFailsHalfWayLeavesNoTransactionOnTheHostsConnection() throws Exception {
    AtomicBoolean failing = new AtomicBoolean();
    DataSource source =
        source(
            host.pool(),
            () ->
                proxy(
                    Connection.class,
                    host.pool().getConnection(),
                    (connection, method, arguments) -> {
                      Object made = plain(connection, method, arguments);
                      if (!failing.get() || !method.getName().equals("createStatement")) {
                        return made;
                      }
                      return proxy(
                          java.sql.Statement.class,
                          made,
                          (statement, call, values) ->
                              call.getName().equals("execute")
                                      && String.valueOf(values[0]).startsWith("BEGIN")
                                  ? plain(
                                      statement, call, new Object[] {values[0] + "; SELECT 1 / 0"})
                                  : plain(statement, call, values));
                    }));
    try (JdbcStores stores = JdbcStores.openForServer(source, JdbcBooks.MASTER_KEY, LEASE)) {
      failing.set(true);
      assertThatThrownBy(() -> stores.keys().changeCounter())
          .isInstanceOf(StoreUnavailableException.class);
      assertThatCode(() -> host.ask("SELECT 1"))
          .as("the host's next statement on that connection")
          .doesNotThrowAnyException();
      failing.set(false);
    }
  }

  private String shown(String initSql, String setting) {
    com.zaxxer.hikari.HikariConfig config = new com.zaxxer.hikari.HikariConfig();
    config.setJdbcUrl(options.url());
    config.setUsername(options.user());
    config.setConnectionInitSql(initSql);
    try (var pool = new com.zaxxer.hikari.HikariDataSource(config);
        Database database = Database.open(pool, Migrator.ofThisBuild())) {
      return database.write(sql -> sql.query("SHOW " + setting).one(row -> row.text(setting)));
    }
  }

  /** Contract 6: the capture is durable before the client sees the end, whatever the host likes. */
  @Test
  void aCommitIsDurableWhereTheHostDoesNotWaitForItsOwn() {
    assertThat(shown("SET synchronous_commit = off", "synchronous_commit")).isNotEqualTo("off");
  }

  /** PostgresDialect.begin: "whatever the server's default is". */
  @Test
  void aTransactionMayWriteWhereTheHostsSessionsOnlyRead() {
    assertThat(shown("SET default_transaction_read_only = on", "transaction_read_only"))
        .isEqualTo("off");
  }
}
