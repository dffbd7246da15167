package dev.tollgate.gateway.jdbc;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tollgate.gateway.account.Markup;
import dev.tollgate.gateway.account.MasterKey;
import dev.tollgate.gateway.account.Project;
import dev.tollgate.gateway.account.Secret;
import dev.tollgate.gateway.account.StoreUnavailableException;
import dev.tollgate.gateway.jdbc.DatabaseCopy.Result;
import dev.tollgate.gateway.ledger.Balance;
import dev.tollgate.gateway.ledger.Capture;
import dev.tollgate.gateway.ledger.Credit;
import dev.tollgate.gateway.ledger.EntryFilter;
import dev.tollgate.gateway.ledger.EntryPage;
import dev.tollgate.gateway.ledger.HoldLimits;
import dev.tollgate.gateway.ledger.HoldMode;
import dev.tollgate.gateway.ledger.HoldRequest;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Orphans;
import dev.tollgate.gateway.ledger.Pending;
import dev.tollgate.gateway.ledger.Settled;
import dev.tollgate.gateway.ledger.Tokens;
import dev.tollgate.gateway.testkit.Postgres;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Copies SQLite databases of real ledgers to PostgreSQL. */
class DatabaseCopyTest {
  private static final Instant NOW = JdbcBooks.NOW;
  private static final Duration DELAY = Duration.ofMinutes(15);
  private static final EntryFilter ALL =
      new EntryFilter(null, null, null, null, null, null, null, null);

  @TempDir Path directory;
  private DatabaseOptions source;
  private DatabaseOptions target;

  @BeforeEach
  void name() {
    source = new DatabaseOptions(directory.resolve("tollgate.db"));
    target = Postgres.newDatabase();
  }

  private Result copy() {
    return DatabaseCopy.run(
        source, JdbcBooks.MASTER_KEY, target, NOW.plus(Duration.ofDays(1)), DELAY);
  }

  private static <T> T get(CompletionStage<T> stage) {
    return stage.toCompletableFuture().orTimeout(10, SECONDS).join();
  }

  private static void credit(JdbcBooks books, String project, String id, Money amount) {
    books.ledger().credit(new Credit(id, project, amount, "note " + id, NOW));
  }

  private static void pend(JdbcBooks books, String id) {
    get(
        books
            .ledger()
            .pend(
                new Pending(
                    id, new Money(40), new Money(40), "client_gone", "gen-" + id, NOW, DELAY)));
  }

  /** Two projects; the first one has something of everything. */
  private void fillSource() {
    try (JdbcBooks books = new JdbcBooks(source)) {
      String project = books.newProject("shop");
      books.newProject("empty");
      credit(books, project, "c1", Money.parse("5"));
      get(JdbcBooks.hold(books.ledger(), project, "charged"));
      get(JdbcBooks.capture(books.ledger(), "charged", "0.25"));
      get(JdbcBooks.hold(books.ledger(), project, "open"));
      get(JdbcBooks.hold(books.ledger(), project, "pending"));
      pend(books, "pending");
    }
  }

  private void fillSourceAtRandom(Random random) {
    try (JdbcBooks books = new JdbcBooks(source)) {
      for (int i = 0; i < 3; i++) {
        credit(books, books.newProject("p" + i), "c", new Money(5_000));
      }
      for (int i = 0; i < 4_000; i++) {
        int number = random.nextInt(2_000);
        String project = "prj_p" + number % 3;
        String id = "h" + number;
        switch (random.nextInt(6)) {
          case 0 -> credit(books, project, "c" + i, new Money(random.nextInt(-20, 90) * 2L + 1));
          case 1, 2 -> hold(books, project, id, random, i);
          case 3 -> capture(books, id, random.nextInt(90));
          case 4 -> pend(books, id);
          default -> get(books.ledger().release(id, random.nextBoolean(), NOW));
        }
      }
    }
  }

  private static void hold(JdbcBooks books, String project, String id, Random random, int second) {
    get(
        books
            .ledger()
            .hold(
                new HoldRequest(
                    id,
                    project,
                    "tg_key" + random.nextInt(3),
                    new Money(1 + random.nextInt(90)),
                    random.nextBoolean() ? HoldMode.STRICT : HoldMode.BOUNDED,
                    Markup.NONE,
                    "a/model",
                    random.nextBoolean() ? "" : "user " + random.nextInt(5),
                    "upk_1",
                    random.nextBoolean() ? null : "key " + random.nextInt(50),
                    HoldLimits.NONE,
                    Money.ZERO,
                    false,
                    NOW.plusSeconds(second))));
  }

  private static void capture(JdbcBooks books, String id, int nanos) {
    Money cost = new Money(nanos);
    Tokens tokens = new Tokens(nanos, 7);
    get(
        books
            .ledger()
            .capture(new Capture(id, cost, cost, "0", Set.of(), tokens, null, "gen-" + id, NOW)));
  }

  /**
   * All rows of all tables that both databases have the same content in, with the named columns.
   */
  private static List<String> rows(DatabaseOptions database, List<String> queries)
      throws Exception {
    List<String> all = new ArrayList<>();
    try (Connection connection = Sql.connect(database);
        Statement statement = connection.createStatement()) {
      for (String query : queries) {
        try (ResultSet rows = statement.executeQuery(query)) {
          while (rows.next()) {
            StringBuilder row = new StringBuilder(query).append(':');
            for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
              row.append(' ').append(rows.getString(i));
            }
            all.add(row.toString());
          }
        }
      }
    }
    all.sort(null);
    return all;
  }

  /** A query for each table of the source but those about its servers and its schema. */
  private List<String> queries() throws Exception {
    List<String> queries = new ArrayList<>();
    try (Connection connection = Sql.connect(source);
        Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT s.name, group_concat(c.name) FROM sqlite_schema s,"
                    + " pragma_table_info(s.name) c WHERE s.type = 'table'"
                    + " AND s.name NOT IN ('node', 'schema_version') GROUP BY s.name")) {
      while (rows.next()) {
        queries.add("SELECT " + rows.getString(2) + " FROM " + rows.getString(1));
      }
    }
    assertThat(queries).hasSizeGreaterThan(10);
    return queries;
  }

  private long onTarget(String query) throws Exception {
    try (Sql sql = new Sql(target)) {
      return sql.number(query);
    }
  }

  private void assertTargetIsEmpty() throws Exception {
    for (String table : List.of("project", "hold", "ledger_entry", "audit", "setting", "api_key")) {
      assertThat(onTarget("SELECT count(*) FROM " + table)).as(table).isZero();
    }
  }

  private static void assertRefused(String message, ThrowingCallable call) {
    assertThatThrownBy(call).isInstanceOf(DatabaseException.class).hasMessageContaining(message);
  }

  // --- the copy

  @Test
  void aCopyOfARandomHistoryHasTheSameRows() throws Exception {
    long seed = new Random().nextLong();
    fillSourceAtRandom(new Random(seed));

    Result result = copy();

    assertThat(result.differences()).as("seed " + seed).isEmpty();
    List<String> rows = rows(source, queries());
    assertThat(rows(target, queries())).as("seed " + seed).isEqualTo(rows);
    assertThat(result.tables().stream().mapToLong(DatabaseCopy.Table::rows).sum())
        .as("seed " + seed)
        .isEqualTo(rows.size());
  }

  @Test
  void theResultHasTheSumsOfAllProjects() {
    fillSource();

    Result result = copy();

    assertThat(result.violations()).isZero();
    assertThat(result.balance())
        .isEqualTo(new Balance(Money.parse("4.75"), Money.parse("0.100000040")));
    assertThat(result.open()).isEqualTo(1);
    assertThat(result.pending()).isEqualTo(1);
    assertThat(result.rows("project")).isEqualTo(2);
    assertThat(result.rows("ledger_entry")).isEqualTo(2);
  }

  @Test
  void aServerOnTheTargetAdoptsOpenAndPendingHoldsAtOnceAndSettlesThem() {
    fillSource();
    copy();

    try (JdbcBooks books = new JdbcBooks(target)) {
      assertThat(books.ledger().adoptOrphans(NOW)).isEqualTo(new Orphans(1, 1));
      assertThat(get(JdbcBooks.capture(books.ledger(), "open", "0.30"))).isEqualTo(Settled.DONE);
      assertThat(get(JdbcBooks.capture(books.ledger(), "pending", "0.20"))).isEqualTo(Settled.DONE);

      assertThat(books.ledger().balance("prj_shop"))
          .isEqualTo(new Balance(Money.parse("4.25"), Money.ZERO));
      assertThat(books.stores.reports().violations(NOW, DELAY)).isEmpty();
    }
  }

  @Test
  void holdsOfAServerThatCrashedJustBeforeAreAdoptedAtOnceToo() throws Exception {
    fillSource();
    try (Sqlite other = new Sqlite(directory.resolve("tollgate.db"))) {
      other.execute(
          "INSERT INTO node (id, lease_until)"
              + " SELECT DISTINCT owner, unixepoch() * 1000 + 30000 FROM hold");
    }
    copy();

    try (JdbcBooks books = new JdbcBooks(target)) {
      assertThat(books.ledger().adoptOrphans(NOW)).isEqualTo(new Orphans(1, 1));
    }
  }

  @Test
  void upstreamKeysOpenOnTheTargetWithTheSameMasterKey() {
    Secret own = Secret.of("sk-of-the-project");
    String id;
    try (JdbcBooks books = new JdbcBooks(source)) {
      id = books.stores.upstreamKeys().remember(own);
      books
          .stores
          .keyAdmin()
          .insertProject(new Project("prj_1", "shop", true, own, Markup.NONE, NOW));
    }

    copy();

    try (JdbcBooks books = new JdbcBooks(target)) {
      assertThat(books.stores.upstreamKeys().find(id)).contains(own);
      assertThat(books.stores.keyAdmin().findProject("shop").orElseThrow().upstreamKey())
          .isEqualTo(own);
    }
    MasterKey other = MasterKey.parse("BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA=");
    assertRefused("the master key is not the one", () -> JdbcStores.open(target, other));
  }

  @Test
  void entriesKeepTheOrderOfBookingAndLaterOnesFollow() {
    List<String> booked = new ArrayList<>();
    try (JdbcBooks books = new JdbcBooks(source)) {
      String project = books.newProject("shop");
      // More than one batch, and more than a new server has transactions.
      for (int i = 0; i < 3_000; i++) {
        String id = (i * 7919) % 3_000 + "";
        credit(books, project, id, new Money(1));
        booked.add(id);
      }
    }
    copy();

    try (JdbcBooks books = new JdbcBooks(target)) {
      credit(books, "prj_shop", "0 later", new Money(1));
      booked.add("0 later");
      EntryPage page = books.stores.reports().entriesAfter(ALL, "", 5_000);
      assertThat(page.entries().stream().map(each -> each.entry().id())).isEqualTo(booked);
    }
  }

  @Test
  void textThatPostgresqlRejectsIsReplaced() throws Exception {
    fillSource();
    try (Sqlite other = new Sqlite(directory.resolve("tollgate.db"))) {
      other.execute("UPDATE ledger_entry SET note = CAST(X'610062' AS TEXT) WHERE id = 'c1'");
      other.execute("UPDATE ledger_entry SET note = CAST(X'61EDA08062' AS TEXT) WHERE id <> 'c1'");
    }

    copy();

    assertThat(onTarget("SELECT count(*) FROM ledger_entry WHERE note LIKE 'a%\uFFFD%b'"))
        .isEqualTo(2);
  }

  @Test
  void tablesOfOtherProgramsAreLeftOut() throws Exception {
    fillSource();
    try (Sqlite other = new Sqlite(directory.resolve("tollgate.db"))) {
      other.execute("CREATE TABLE _backup_seq (id INTEGER, seq INTEGER)");
    }

    assertThat(copy().differences()).isEmpty();
    assertThat(onTarget("SELECT count(*) FROM project")).isEqualTo(2);
  }

  @Test
  void changesOfCommandsWaitWhileTheCopyRuns() throws Exception {
    fillSource();
    migrateTarget();
    try (Sql gate = new Sql(target);
        JdbcStores command = JdbcStores.open(source, JdbcBooks.MASTER_KEY)) {
      gate.execute("SELECT pg_advisory_lock(7)");
      gate.execute(trigger("PERFORM pg_advisory_xact_lock(7); RETURN NEW;"));
      CompletableFuture<Result> copying = CompletableFuture.supplyAsync(this::copy);
      await()
          .until(
              () ->
                  gate.number("SELECT count(*) FROM pg_locks WHERE objid = 7 AND NOT granted") > 0);

      assertThatThrownBy(
              () ->
                  command.ledger().credit(new Credit("c2", "prj_shop", Money.parse("1"), "", NOW)))
          .isInstanceOf(StoreUnavailableException.class)
          .hasMessageContaining("locked by another process");

      gate.execute("SELECT pg_advisory_unlock(7)");
      assertThat(copying.get(10, SECONDS).differences()).isEmpty();
    }
  }

  // --- what is refused

  @Test
  void theSourceOfARunningServerIsRefused() {
    try (JdbcBooks books = new JdbcBooks(source)) {
      books.newProject();
      assertRefused("another server is running on database", this::copy);
    }
  }

  @Test
  void aTargetWithContentIsRefusedAndStaysAsItIs() throws Exception {
    fillSource();
    try (JdbcStores stores = JdbcStores.open(target, JdbcBooks.MASTER_KEY)) {
      stores
          .keyAdmin()
          .insertProject(new Project("prj_other", "other", true, null, Markup.NONE, Instant.EPOCH));
    }

    assertRefused(" is not empty: table project has rows; give a new database", this::copy);
    assertThat(onTarget("SELECT count(*) FROM project")).isEqualTo(1);
  }

  @Test
  void aTargetWithAnotherApplicationsTableIsNotMigrated() throws Exception {
    fillSource();
    try (Sql other = new Sql(target)) {
      other.execute("CREATE TABLE project (title TEXT)");
      other.execute("INSERT INTO project VALUES ('theirs')");
    }

    assertRefused(" is not empty: table project has rows", this::copy);
    assertThat(onTarget("SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()"))
        .isEqualTo(1);
  }

  @Test
  void theTargetOfARunningServerIsRefused() {
    fillSource();
    try (JdbcBooks books = new JdbcBooks(target)) {
      assertThat(books.stores.file()).isEmpty();
      assertRefused(" is not empty: table node has rows", this::copy);
    }
  }

  @Test
  void anotherMasterKeyThanTheSourcesIsRefused() {
    fillSource();
    MasterKey other = MasterKey.parse("BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA=");
    assertRefused(
        "the master key is not the one that database",
        () -> DatabaseCopy.run(source, other, target, NOW, DELAY));
  }

  @Test
  void anUpstreamKeyThatDoesNotOpenIsRefused() throws Exception {
    fillSource();
    String sealed = JdbcBooks.MASTER_KEY.seal(Secret.of("sk-1"), "prj_empty");
    try (Sqlite other = new Sqlite(directory.resolve("tollgate.db"))) {
      other.execute("UPDATE project SET upstream_key = '" + sealed + "' WHERE name = 'shop'");
    }
    assertRefused(
        "the upstream key of project prj_shop in database " + directory.resolve("tollgate.db"),
        this::copy);
  }

  @Test
  void aSourceThatBreaksARuleIsRefused() throws Exception {
    fillSource();
    try (Sqlite other = new Sqlite(directory.resolve("tollgate.db"))) {
      other.execute("UPDATE project SET credits_nanos = credits_nanos + 1 WHERE name = 'shop'");
    }
    assertRefused("check finds 1 violations in database", this::copy);
  }

  @Test
  void onlySqliteIsCopiedAndOnlyToPostgresql() {
    fillSource();
    assertRefused(
        "is not a SQLite file; only a SQLite file can be copied",
        () -> DatabaseCopy.run(target, JdbcBooks.MASTER_KEY, target, NOW, DELAY));
    assertRefused(
        "is a SQLite file, but must be a PostgreSQL database",
        () -> DatabaseCopy.run(source, JdbcBooks.MASTER_KEY, source, NOW, DELAY));
  }

  @Test
  void aMissingSourceIsNotCreated() {
    assertRefused("there is no database", this::copy);
    assertThat(directory).isEmptyDirectory();
  }

  // --- what goes wrong

  private void migrateTarget() {
    Database.open(target, Migrator.ofThisBuild()).close();
  }

  private static String trigger(String body) {
    return """
        CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN %s END $$;
        CREATE TRIGGER meddle BEFORE INSERT ON ledger_entry FOR EACH ROW EXECUTE FUNCTION meddle()
        """
        .formatted(body);
  }

  private void meddle(String body) throws Exception {
    migrateTarget();
    try (Sql sql = new Sql(target)) {
      sql.execute(trigger(body));
    }
  }

  @Test
  void aCopyThatFailsHalfWayLeavesTheTargetEmpty() throws Exception {
    fillSource();
    meddle("IF NEW.id = 'c1' THEN RETURN NEW; END IF; RAISE EXCEPTION 'disk on fire';");

    assertThatThrownBy(this::copy)
        .isInstanceOf(DatabaseException.class)
        .hasMessageContaining("disk on fire")
        .hasMessageNotContaining("INSERT");
    assertTargetIsEmpty();
  }

  @Test
  void aRowThatIsLostIsNamedAndNothingIsCopied() throws Exception {
    fillSource();
    meddle("IF NEW.id = 'c1' THEN RETURN NULL; END IF; RETURN NEW;");

    assertThat(copy().differences())
        .extracting(DatabaseCopy.Difference::subject)
        .contains("rows of table ledger_entry", "credit entries of project prj_shop");
    assertTargetIsEmpty();
  }

  @Test
  void anAmountThatIsChangedIsNamedAndNothingIsCopied() throws Exception {
    fillSource();
    meddle("NEW.cost_nanos = NEW.cost_nanos + 1; RETURN NEW;");

    assertThat(copy().differences())
        .contains(
            new DatabaseCopy.Difference(
                "charge entries of project prj_shop",
                "count 1, amount 250000000, cost 250000000, overrun 150000000, refund 0",
                "count 1, amount 250000000, cost 250000001, overrun 150000000, refund 0"));
    assertTargetIsEmpty();
  }

  @Test
  void aRowThatBreaksARuleOnTheTargetIsNamedAndNothingIsCopied() throws Exception {
    fillSource();
    meddle("NEW.amount_nanos = NEW.amount_nanos + 1; RETURN NEW;");

    Result result = copy();

    assertThat(result.violations()).isPositive();
    assertThat(result.differences())
        .extracting(DatabaseCopy.Difference::subject)
        .contains("check of project prj_shop");
    assertTargetIsEmpty();
  }

  @Test
  void aCopyCanBeRepeatedAfterAFailure() throws Exception {
    fillSource();
    meddle("RAISE EXCEPTION 'disk on fire';");
    assertThatThrownBy(this::copy).isInstanceOf(DatabaseException.class);
    try (Sql sql = new Sql(target)) {
      sql.execute("DROP FUNCTION meddle CASCADE");
    }

    assertThat(copy().differences()).isEmpty();
  }
}
