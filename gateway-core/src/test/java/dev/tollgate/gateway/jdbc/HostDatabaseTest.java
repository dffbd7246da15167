package dev.tollgate.gateway.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tollgate.gateway.account.KeyFingerprint;
import dev.tollgate.gateway.account.Markup;
import dev.tollgate.gateway.account.Project;
import dev.tollgate.gateway.account.StoreUnavailableException;
import dev.tollgate.gateway.ledger.Credit;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.testkit.Postgres;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sqlite.SQLiteDataSource;

/** The stores in the database of the application that the gateway lives in. */
class HostDatabaseTest {
  private static final Duration LEASE = Duration.ofSeconds(30);
  private static final List<String> SETTINGS =
      List.of(
          "search_path",
          "lock_timeout",
          "idle_in_transaction_session_timeout",
          "transaction_isolation",
          "transaction_read_only");

  @TempDir Path directory;
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

  private JdbcStores open() {
    return JdbcStores.openForServer(host.pool(), JdbcBooks.MASTER_KEY, LEASE);
  }

  private static void use(JdbcStores stores) {
    stores
        .keyAdmin()
        .insertProject(new Project("prj_1", "shop", true, null, Markup.NONE, Instant.EPOCH));
    stores.ledger().credit(new Credit("c1", "prj_1", Money.parse("5"), "", Instant.EPOCH));
  }

  @Test
  void theTablesLieBesideTheApplicationsOwn() throws Exception {
    try (JdbcStores stores = open()) {
      use(stores);

      assertThat(stores.ledger().balance("prj_1").total()).isEqualTo(Money.parse("5"));
      assertThat(stores.reports().violations(Instant.now(), Duration.ofMinutes(15))).isEmpty();
      assertThat(host.ask("SELECT title FROM project")).isEqualTo("the host's own");
      assertThat(
              host.ask(
                  "SELECT string_agg(table_schema || '.' || table_name, ' ')"
                      + " FROM information_schema.tables WHERE table_name = 'project'"))
          .contains("public.project")
          .contains("tollgate.project");
      assertThat(
              host.ask(
                  "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'"))
          .isEqualTo("1");
    }
  }

  @Test
  void connectionsGoBackAsTheyCame() throws Exception {
    String before = session();
    try (JdbcStores stores = open()) {
      use(stores);
      assertThatThrownBy(
              () ->
                  stores
                      .transactions()
                      .inTransaction(
                          () -> {
                            throw new IllegalStateException("changed my mind");
                          }))
          .hasMessage("changed my mind");
      assertThat(stores.reports().violations(Instant.now(), Duration.ofMinutes(15))).isEmpty();

      for (int i = 0; i < 8; i++) {
        assertThat(session()).isEqualTo(before);
      }
    }
  }

  private String session() throws SQLException {
    try (Connection connection = host.pool().getConnection()) {
      StringBuilder all = new StringBuilder();
      for (String setting : SETTINGS) {
        try (var statement = connection.createStatement();
            var row = statement.executeQuery("SHOW " + setting)) {
          row.next();
          all.append(setting).append('=').append(row.getString(1)).append('\n');
        }
      }
      return all.append(connection.getAutoCommit())
          .append(' ')
          .append(connection.getNetworkTimeout())
          .toString();
    }
  }

  @Test
  void aPoolWithoutAutoCommitServesAsWell() throws Exception {
    host.execute("DROP TABLE project");
    try (HostApplication manual = new HostApplication(options, false);
        JdbcStores stores = JdbcStores.openForServer(manual.pool(), JdbcBooks.MASTER_KEY, LEASE)) {
      use(stores);

      try (Sql outside = new Sql(manual.tables())) {
        assertThat(outside.number("SELECT credits_nanos FROM project")).isEqualTo(5_000_000_000L);
      }
      try (Connection connection = manual.pool().getConnection()) {
        assertThat(connection.getAutoCommit()).isFalse();
      }
    }
  }

  @Test
  void aSecondStartFindsWhatTheFirstMade() {
    try (JdbcStores stores = open()) {
      use(stores);
    }
    try (JdbcStores again = open();
        JdbcStores beside = open()) {
      assertThat(again.keys().findProject("shop")).isPresent();
      assertThat(beside.keys().findProject("shop")).isPresent();
      assertThat(again.keys().find(KeyFingerprint.of("tg_nobody"))).isEmpty();
    }
  }

  @Test
  void theCommandLineSeesTheSameTables() {
    try (JdbcStores stores = open()) {
      use(stores);
      try (JdbcStores commandLine = JdbcStores.open(host.tables(), JdbcBooks.MASTER_KEY)) {
        assertThat(commandLine.keys().findProject("shop")).isPresent();
      }
    }
  }

  @Test
  void aUserWhoMayNotMakeASchemaUsesOneThatIsThere() {
    host.execute(
        "CREATE ROLE guest LOGIN; CREATE SCHEMA tollgate AUTHORIZATION guest;"
            + " ALTER ROLE guest IN DATABASE "
            + options.name().substring(options.name().indexOf('/') + 1)
            + " SET search_path = public");
    var source = new org.postgresql.ds.PGSimpleDataSource();
    source.setUrl(options.url());
    source.setUser("guest");
    try (JdbcStores stores = JdbcStores.openForServer(source, JdbcBooks.MASTER_KEY, LEASE)) {
      use(stores);
      assertThat(stores.ledger().balance("prj_1").total()).isEqualTo(Money.parse("5"));
    } finally {
      host.execute("DROP OWNED BY guest CASCADE; DROP ROLE guest");
    }
  }

  @Test
  void anotherKindOfDatabaseIsRefused() {
    SQLiteDataSource source = new SQLiteDataSource();
    source.setUrl("jdbc:sqlite:" + directory.resolve("host.db"));

    assertThatThrownBy(() -> JdbcStores.openForServer(source, JdbcBooks.MASTER_KEY, LEASE))
        .isInstanceOf(DatabaseException.class)
        .hasMessageStartingWith(
            "the data source is a database of SQLite, but must be one of PostgreSQL");
  }

  @Test
  void withoutAMasterKeyNothingIsMade() throws Exception {
    assertThatThrownBy(() -> JdbcStores.openForServer(host.pool(), null, LEASE))
        .isInstanceOf(DatabaseException.class)
        .hasMessage("tollgate.master.key is not set; database of the application needs one");
    assertThat(host.ask("SELECT count(*) FROM pg_namespace WHERE nspname = 'tollgate'"))
        .isEqualTo("0");
  }

  @Test
  void aPoolThatIsClosedIsAStoreThatIsUnavailable() {
    JdbcStores stores = open();
    host.close();

    assertThatThrownBy(() -> stores.keys().changeCounter())
        .isInstanceOf(StoreUnavailableException.class);
    stores.close();
  }
}
