package dev.tollgate.gateway.admin;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tollgate.gateway.Administration;
import dev.tollgate.gateway.account.ApiKey;
import dev.tollgate.gateway.account.Erased;
import dev.tollgate.gateway.account.KeyMint.Minted;
import dev.tollgate.gateway.account.KeySettings;
import dev.tollgate.gateway.account.Markup;
import dev.tollgate.gateway.account.MasterKey;
import dev.tollgate.gateway.account.Project;
import dev.tollgate.gateway.account.Secret;
import dev.tollgate.gateway.account.SpendingCaps;
import dev.tollgate.gateway.admin.AdminException.Reason;
import dev.tollgate.gateway.jdbc.DatabaseOptions;
import dev.tollgate.gateway.jdbc.JdbcStores;
import dev.tollgate.gateway.ledger.Capture;
import dev.tollgate.gateway.ledger.Entry;
import dev.tollgate.gateway.ledger.HoldLimits;
import dev.tollgate.gateway.ledger.HoldMode;
import dev.tollgate.gateway.ledger.HoldRequest;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Pending;
import dev.tollgate.gateway.ledger.Tokens;
import dev.tollgate.gateway.testkit.SettableClock;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What an erasure removes from a project, and what stays. */
abstract class ProjectErasureContract {
  private static final MasterKey MASTER_KEY =
      MasterKey.parse("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
  private static final Duration DELAY = Duration.ofMinutes(15);

  /** In each text that is personal. No other text holds it. */
  static final String MARK = "Zaphod";

  final SettableClock clock = new SettableClock();
  JdbcStores stores;
  private DatabaseOptions options;
  private AdminService admin;
  private Minted key;

  /** An empty database. */
  abstract DatabaseOptions freshDatabase();

  @BeforeEach
  void open() {
    options = freshDatabase();
    stores = JdbcStores.openForServer(options, MASTER_KEY, Duration.ofSeconds(30));
    admin = Administration.of(stores, clock).as(Actor.cli("ann"));
  }

  @AfterEach
  void close() {
    stores.close();
  }

  private static <T> T get(CompletionStage<T> stage) {
    return stage.toCompletableFuture().orTimeout(10, SECONDS).join();
  }

  /** A project with personal data in every place, all of it settled. */
  final void fill(String name) {
    AdminService caller = admin.as(Actor.api("203.0.113.7 " + MARK));
    caller.createProject(name, MARK + " & Sons", Money.parse("5"), Secret.of("sk-1"));
    key =
        caller.createKey(
            name,
            new KeySpec(
                ApiKey.Kind.INFERENCE,
                null,
                new KeySettings(
                    MARK + "'s key",
                    "{\"owner\":\"" + MARK + "\"}",
                    false,
                    new SpendingCaps(7_000_000_000L, null))));
    caller.credit(name, Money.parse("1"), "paid by " + MARK, "invoice-17 of " + id(name));
    caller.as(new Actor(MARK)).credit(name, Money.parse("1"), "", null);
    caller
        .idempotentRequests()
        .once(
            "create " + MARK + name,
            "fingerprint",
            () -> {
              String answer = "{\"project_name\":\"" + name + "\",\"api_key\":null}";
              return new IdempotentRequests.Answer(201, answer, answer);
            });
    charge(name, "charged of " + id(name));
  }

  private String id(String name) {
    return admin.showProject(name).project().id();
  }

  private void hold(String name, String holdId) {
    get(
        stores
            .ledger()
            .hold(
                new HoldRequest(
                    holdId,
                    id(name),
                    key.id(),
                    Money.parse("0.10"),
                    HoldMode.BOUNDED,
                    Markup.NONE,
                    "a/model",
                    MARK + "@example.com",
                    "upk_1",
                    MARK + " " + holdId,
                    HoldLimits.NONE,
                    Money.ZERO,
                    false,
                    clock.instant())));
  }

  private void charge(String name, String holdId) {
    hold(name, holdId);
    capture(holdId);
  }

  private void capture(String holdId) {
    Money cost = Money.parse("0.25");
    get(
        stores
            .ledger()
            .capture(
                new Capture(
                    holdId,
                    cost,
                    cost,
                    "0.25",
                    Set.of(),
                    new Tokens(3, 4),
                    "a/model",
                    "gen-1",
                    clock.instant())));
  }

  final ErasedProject archiveAndErase(String name) {
    admin.setArchived(name, true);
    return admin.eraseProject(name);
  }

  /** Every column of every table that holds the text, as {@code table.column}. */
  private List<String> placesOf(String text) throws Exception {
    Properties login = new Properties();
    if (options.user() != null) {
      login.setProperty("user", options.user());
    }
    List<String> places = new ArrayList<>();
    try (Connection connection = DriverManager.getConnection(options.url(), login)) {
      List<String> tables = new ArrayList<>();
      String[] type = {"TABLE"};
      try (ResultSet found =
          connection.getMetaData().getTables(null, connection.getSchema(), "%", type)) {
        while (found.next()) {
          tables.add(found.getString("TABLE_NAME"));
        }
      }
      assertThat(tables).contains("project", "hold", "admin_request").hasSizeGreaterThan(10);
      for (String table : tables) {
        try (Statement statement = connection.createStatement();
            ResultSet rows = statement.executeQuery("SELECT * FROM " + table)) {
          while (rows.next()) {
            for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
              if (String.valueOf(rows.getString(i)).contains(text)) {
                places.add(table + "." + rows.getMetaData().getColumnName(i));
              }
            }
          }
        }
      }
    }
    return places.stream().map(each -> each.toLowerCase(Locale.ROOT)).distinct().sorted().toList();
  }

  private static void assertRefused(Reason reason, String message, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(AdminException.class, e -> assertThat(e.reason()).isEqualTo(reason))
        .hasMessage(message);
  }

  @Test
  void nothingPersonalStaysInAnyColumnOfAnyTable() throws Exception {
    fill(MARK + "-shop");
    assertThat(placesOf(MARK))
        .containsExactly(
            "admin_request.answer",
            "admin_request.key",
            "api_key.metadata",
            "api_key.name",
            "audit.actor",
            "audit.detail",
            "hold.end_user",
            "hold.idempotency_key",
            "idempotency.key",
            "ledger_entry.end_user",
            "ledger_entry.note",
            "project.display_name",
            "project.name");

    ErasedProject erased = archiveAndErase(MARK + "-shop");

    assertThat(placesOf(MARK)).isEmpty();
    assertThat(placesOf("203.0.113")).isEmpty();
    // The first credit has a note, too. The lines: three keys and projects, three credits.
    assertThat(erased.rows()).isEqualTo(new Erased(2, 3, 1, 7));
  }

  @Test
  void amountsTimesIdsAndSumsStay() {
    fill("shop");
    AdminService.Account before = admin.showProject("shop");
    List<Entry> entries = admin.entries("shop", 100);
    List<UsageReport.Row> usage = admin.usage(usageOf("shop")).rows();

    String name = archiveAndErase("shop").projectName();

    assertThat(name).isEqualTo("erased-" + before.project().id());
    assertThat(admin.showProject(name).balance()).isEqualTo(before.balance());
    assertThat(admin.showProject(name).project().limits()).isEqualTo(before.project().limits());
    assertThat(admin.entries(name, 100))
        .usingRecursiveFieldByFieldElementComparatorIgnoringFields("note", "endUser")
        .isEqualTo(entries)
        .allMatch(entry -> entry.note().isEmpty() && entry.endUser().isEmpty());
    assertThat(admin.usage(usageOf(name)).rows())
        .extracting(UsageReport.Row::usage)
        .isEqualTo(usage.stream().map(UsageReport.Row::usage).toList());
    assertThat(admin.check(DELAY).violations()).isEmpty();
  }

  private static UsageRequest usageOf(String name) {
    return new UsageRequest(name, TimeRequest.NONE, "key,model,day");
  }

  @Test
  void itsKeysAreRevokedAndServersNotice() {
    fill("shop");
    admin.setArchived("shop", true);
    long changes = stores.keys().changeCounter();
    String id = id("shop");

    String name = admin.eraseProject("shop").projectName();

    assertThat(stores.keys().changeCounter()).isGreaterThan(changes);
    Project erased = admin.showProject(name).project();
    assertThat(erased.id()).isEqualTo(id);
    assertThat(erased.enabled()).isFalse();
    assertThat(erased.upstreamKey()).isNull();
    assertThat(admin.listKeys(name))
        .hasSize(2)
        .allMatch(each -> clock.instant().equals(each.key().revokedAt()));
    admin.setArchived(name, false);
    assertThat(stores.keys().find(key.fingerprint()).orElseThrow().key().isUsable(clock.instant()))
        .isFalse();
  }

  @Test
  void theOldNameIsFreeForAnotherProject() {
    fill("shop");
    archiveAndErase("shop");

    admin.createProject("shop", Money.ZERO, null);

    assertThat(admin.showProject("shop").balance().total()).isEqualTo(Money.ZERO);
    assertThat(admin.audit("shop", 10)).hasSize(2);
  }

  @Test
  void theAuditLogKeepsActionsAndFiguresAndSaysWhoErased() {
    fill("shop");
    String name = archiveAndErase("shop").projectName();

    List<Audited> lines = admin.audit(name, 100);
    assertThat(lines)
        .extracting(
            each -> each.line().actor() + " " + each.line().action() + " " + each.line().detail())
        .containsExactly(
            "cli:ann project.erase {\"keys\":2,\"entries\":3,\"requests\":1}",
            "cli:ann project.archive {}",
            "erased credit {\"amount\":\"1.00\"}",
            "api:erased credit {\"amount\":\"1.00\"}",
            "api:erased key.create {\"kind\":\"inference\",\"daily_cap\":\"7.00\"}",
            "api:erased credit {\"amount\":\"5.00\"}",
            "api:erased key.create {\"kind\":\"inference\"}",
            "api:erased project.create {\"upstream_key\":\"set\"}");
    assertThat(lines).extracting(Audited::projectName).containsOnly(name);
  }

  @Test
  void aProjectsOwnKeyStaysTheActorOfItsLines() {
    admin.createProject("shop", Money.ZERO, null);
    Minted manage =
        admin.createKey("shop", new KeySpec(ApiKey.Kind.MANAGEMENT, null, KeySettings.NONE));
    admin.inferenceKeys().enable(id("shop"), manage.id());

    String name = archiveAndErase("shop").projectName();

    assertThat(admin.audit(name, 100))
        .extracting(each -> each.line().actor())
        .contains(manage.id());
  }

  @Test
  void otherProjectsKeepTheirs() throws Exception {
    fill(MARK + "-1");
    List<String> before = placesOf(MARK);
    fill("shop");
    archiveAndErase("shop");

    assertThat(placesOf(MARK)).isEqualTo(before);
    assertThat(admin.audit(MARK + "-1", 100))
        .extracting(each -> each.line().actor())
        .contains("api:203.0.113.7 " + MARK);
  }

  @Test
  void aRepeatErasesWhatCameLater() throws Exception {
    fill("shop");
    String name = archiveAndErase("shop").projectName();
    charge(name, "late");
    assertThat(placesOf(MARK)).isNotEmpty();

    ErasedProject again = admin.eraseProject(name);

    assertThat(again).isEqualTo(new ErasedProject(name, new Erased(2, 1, 1, 8)));
    assertThat(placesOf(MARK)).isEmpty();
  }

  // --- what is refused

  @Test
  void aProjectInUseIsNotErased() throws Exception {
    fill("shop");
    List<String> before = placesOf(MARK);

    assertRefused(
        Reason.CONFLICT,
        "project shop is in use; only an archived project can be erased: run project archive shop",
        () -> admin.eraseProject("shop"));
    assertThat(placesOf(MARK)).isEqualTo(before);
  }

  @Test
  void aProjectWithUnsettledRequestsIsNotErased() {
    fill("shop");
    admin.setArchived("shop", true);
    hold("shop", "open");
    hold("shop", "pending");
    get(
        stores
            .ledger()
            .pend(
                new Pending(
                    "pending",
                    Money.parse("0.10"),
                    Money.parse("0.10"),
                    "client_gone",
                    null,
                    clock.instant(),
                    DELAY)));

    assertRefused(
        Reason.CONFLICT,
        "project shop has 1 open and 1 pending requests; erase it when they are settled: see ledger"
            + " --pending shop",
        () -> admin.eraseProject("shop"));

    capture("open");
    capture("pending");
    assertThat(admin.eraseProject("shop").rows().requests()).isEqualTo(3);
  }

  @Test
  void anUnknownProjectIsNotErased() {
    assertRefused(
        Reason.UNKNOWN, "there is no project 'nobody'", () -> admin.eraseProject("nobody"));
  }

  @Test
  void theNewNameMustBeFree() {
    fill("shop");
    String taken = "erased-" + id("shop");
    admin.createProject(taken, Money.ZERO, null);

    assertRefused(
        Reason.CONFLICT,
        "another project has the name " + taken + ", which this one would get",
        () -> archiveAndErase("shop"));
  }
}
