package dev.tollgate.gateway.admin;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.tollgate.gateway.account.Markup;
import dev.tollgate.gateway.account.Project;
import dev.tollgate.gateway.account.Secret;
import dev.tollgate.gateway.account.UpstreamAccess;
import dev.tollgate.gateway.admin.Drift.Result;
import dev.tollgate.gateway.jdbc.DatabaseOptions;
import dev.tollgate.gateway.jdbc.JdbcStores;
import dev.tollgate.gateway.ledger.Capture;
import dev.tollgate.gateway.ledger.Entry;
import dev.tollgate.gateway.ledger.Flag;
import dev.tollgate.gateway.ledger.HoldMode;
import dev.tollgate.gateway.ledger.HoldRequest;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.ledger.Pending;
import dev.tollgate.gateway.ledger.Reports.InFlight;
import dev.tollgate.gateway.ledger.Reports.Usage;
import dev.tollgate.gateway.ledger.Tokens;
import dev.tollgate.gateway.testkit.SettableClock;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the operator is told of the books. */
class AdminReportsTest {
  private static final Secret KEY = Secret.of("sk-or-1");

  @TempDir Path directory;
  private final SettableClock clock = new SettableClock();
  private final Map<Secret, String> spent = new HashMap<>();
  private JdbcStores stores;
  private AdminService admin;
  private String keyId;

  @BeforeEach
  void open() {
    stores =
        JdbcStores.openForServer(
            new DatabaseOptions(directory.resolve("tollgate.db")), null, Duration.ofSeconds(30));
    admin =
        new AdminService(
            new AdminStores(
                stores.keyAdmin(),
                stores.ledger(),
                stores.reports(),
                stores.upstreamKeys(),
                stores.audit(),
                stores.answeredRequests(),
                stores.transactions()),
            clock);
    admin.createProject("shop", Money.parse("5.00"), null);
    admin.createProject("cafe", Money.parse("5.00"), null);
    keyId = stores.upstreamKeys().remember(KEY);
  }

  @AfterEach
  void close() {
    stores.close();
  }

  private static <T> T get(CompletionStage<T> stage) {
    return stage.toCompletableFuture().orTimeout(10, SECONDS).join();
  }

  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MILLIS);
  }

  private void hold(String project, String id) {
    String projectId = admin.showProject(project).project().id();
    get(
        stores
            .ledger()
            .hold(
                new HoldRequest(
                    id,
                    projectId,
                    "tg_key",
                    new Money(100),
                    HoldMode.BOUNDED,
                    Markup.NONE,
                    "a/model",
                    keyId,
                    null,
                    now())));
  }

  private void charge(String project, String id, long cost, Tokens tokens, String model) {
    hold(project, id);
    get(
        stores
            .ledger()
            .capture(
                new Capture(
                    id,
                    new Money(cost),
                    new Money(2 * cost),
                    "",
                    Set.of(),
                    tokens,
                    model,
                    null,
                    now())));
  }

  private void pend(String id) {
    get(
        stores
            .ledger()
            .pend(
                new Pending(
                    id, new Money(40), Money.ZERO, "crash", null, now(), Duration.ofSeconds(2))));
  }

  private BigDecimal ask(Secret key) throws IOException {
    String figure = spent.get(key);
    if (figure == null) {
      throw new IOException("status 401");
    }
    return new BigDecimal(figure);
  }

  private Drift drift() {
    List<Drift> drifts = admin.drift(this::ask, false);
    assertThat(drifts).hasSize(1);
    return drifts.get(0);
  }

  // --- usage, entries, unsettled

  @Test
  void usageLooksBackAndAddsTheModelsUp() {
    charge("shop", "h0", 1_000, new Tokens(1, 1), "a/old");
    clock.advance(Duration.ofDays(7));
    charge("shop", "h1", 10, new Tokens(5, Tokens.UNKNOWN), "a/model");
    charge("shop", "h2", 20, new Tokens(6, 3), "b/model");
    charge("cafe", "h3", 40, Tokens.NONE, "a/model");

    UsageReport report = admin.usage(since("shop", Duration.ofDays(1)));
    assertThat(report.time()).isEqualTo(new TimeSpan(now().minus(Duration.ofDays(1)), null));
    assertThat(report.rows())
        .extracting(row -> row.labels().get("model"))
        .containsExactly("b/model", "a/model");
    assertThat(report.total())
        .isEqualTo(
            new Usage(Map.of(), 2, 0, new Tokens(11, 3), new Money(30), new Money(60), Money.ZERO));
    assertThat(admin.usage(since("cafe", Duration.ofDays(8))).total().tokens())
        .isEqualTo(Tokens.NONE);
  }

  private static UsageRequest since(String project, Duration span) {
    return new UsageRequest(project, TimeRequest.since(span), null);
  }

  private static UsageRequest time(String month, String from, String to) {
    return new UsageRequest(null, new TimeRequest(null, month, from, to), null);
  }

  @Test
  void aMonthAndDatesAreThoseOfUtc() {
    assertThat(admin.usage(time("2026-12", null, null)).time())
        .isEqualTo(
            new TimeSpan(
                Instant.parse("2026-12-01T00:00:00Z"), Instant.parse("2027-01-01T00:00:00Z")));
    assertThat(admin.usage(time(null, "2026-11-30", "2026-11-30T12:00:00Z")).time())
        .isEqualTo(
            new TimeSpan(
                Instant.parse("2026-11-30T00:00:00Z"), Instant.parse("2026-11-30T12:00:00Z")));
  }

  @Test
  void aTimeThatIsNoneIsRefused() {
    assertRefused("month '2026-13' is not a month such as 2026-11", time("2026-13", null, null));
    assertRefused(
        "from 'May' is neither a date such as 2026-11-30 nor a time such as 2026-11-30T12:00:00Z",
        time(null, "May", null));
    assertRefused(
        "from is not a time of the years 1970 to 9999", time(null, "+300000000-01-01", null));
    assertRefused("from is not a time of the years 1970 to 9999", time("1969-12", null, null));
    assertRefused("to is given without from", time(null, null, "2026-11-30"));
    assertRefused(
        "only one of since, month and from can be given", time("2026-11", "2026-11-30", null));
    assertRefused(
        "to is 2026-11-30T00:00:00Z, but must be later than from, 2026-11-30T00:00:00Z",
        time(null, "2026-11-30", "2026-11-30"));
    assertRefused(
        "by 'team': must be a list of project, key, model, user and day",
        new UsageRequest(null, TimeRequest.NONE, "team"));
  }

  private void assertRefused(String message, UsageRequest request) {
    assertThatThrownBy(() -> admin.usage(request))
        .isInstanceOf(AdminException.class)
        .hasMessage(message);
  }

  @Test
  void aReportOfAllProjectsNamesTheProjects() {
    charge("shop", "h1", 10, Tokens.NONE, "a/model");
    charge("cafe", "h2", 40, Tokens.NONE, "a/model");

    assertThat(admin.usage(new UsageRequest(null, TimeRequest.NONE, null)).rows())
        .extracting(row -> row.labels().get("project_name"))
        .containsExactly("cafe", "shop");
    assertThat(admin.usage(new UsageRequest("shop", TimeRequest.NONE, "key,day")).rows())
        .extracting(row -> List.copyOf(row.labels().keySet()))
        .containsExactly(List.of("project_name", "key_id", "key_name", "day"));
  }

  @Test
  void entriesAreOneProjectsNewestFirst() {
    clock.advance(Duration.ofSeconds(1));
    charge("shop", "h1", 10, Tokens.NONE, "a/model");
    charge("cafe", "h2", 10, Tokens.NONE, "a/model");

    assertThat(admin.entries("shop", 10))
        .extracting(Entry::kind)
        .containsExactly(Entry.Kind.CHARGE, Entry.Kind.CREDIT);
    assertThat(admin.entries("shop", 1)).hasSize(1);
  }

  @Test
  void whoSpendsRightNowComesFirstAndWhoOnlyHoldsComesAfter() {
    charge("cafe", "h0", 1_000, Tokens.NONE, "a/model");
    clock.advance(Duration.ofMinutes(10));
    charge("shop", "h1", 10, Tokens.NONE, "a/model");
    hold("cafe", "h2");
    hold("cafe", "h3");
    pend("h3");

    List<Activity> top = admin.top(Duration.ofMinutes(5));
    assertThat(top).extracting(Activity::projectName).containsExactly("shop", "cafe");
    assertThat(top.get(0).recent().charge()).isEqualTo(new Money(20));
    assertThat(top.get(0).now()).isEqualTo(InFlight.NONE);
    assertThat(top.get(1).recent().requests()).isZero();
    assertThat(top.get(1).now().open()).isEqualTo(1);
    assertThat(top.get(1).now().pending()).isEqualTo(1);
    assertThat(top.get(1).now().held()).isEqualTo(admin.showProject("cafe").balance().loaned());
    assertThat(admin.top(Duration.ofMinutes(11)))
        .extracting(Activity::projectName)
        .containsExactly("cafe", "shop");
  }

  // --- settling by hand

  @Test
  void aPendingRequestIsChargedByHand() {
    hold("shop", "h1");
    pend("h1");

    SettledByHand settled = admin.settle("h1", new Money(30));

    assertThat(settled.projectName()).isEqualTo("shop");
    assertThat(settled.balance().total()).isEqualTo(Money.parse("4.99999997"));
    assertThat(settled.balance().loaned()).isEqualTo(Money.ZERO);
    assertThat(admin.check(Duration.ofDays(1)).latestUnresolved())
        .extracting(Entry::id)
        .containsExactly("h1");
    assertThat(admin.entries("shop", 1)).containsExactly(settled.charge());
  }

  @Test
  void aPendingRequestIsReleasedByHand() {
    hold("shop", "h1");
    pend("h1");

    assertThat(admin.settle("h1", null).charge()).isNull();

    assertThat(admin.showProject("shop").balance().available()).isEqualTo(Money.parse("5.00"));
    assertThat(admin.check(Duration.ofDays(1)).violations()).isEmpty();
  }

  @Test
  void aSettlementByHandIsAudited() {
    hold("shop", "h1");
    hold("shop", "h2");
    pend("h1");
    pend("h2");
    clock.advance(Duration.ofSeconds(1));

    admin.settle("h1", new Money(30));
    admin.settle("h2", null);

    assertThat(admin.audit("shop", 2))
        .extracting(each -> each.line().action(), each -> each.line().detail())
        .containsExactly(
            tuple("hold.settle", "{\"charge\":null}"),
            tuple("hold.settle", "{\"charge\":\"0.00000003\"}"));
    assertThat(admin.audit("shop", 2))
        .extracting(each -> each.line().subject())
        .containsExactly("h2", "h1");
  }

  @Test
  void onlyAPendingRequestCanBeSettledByHand() {
    hold("shop", "h1");
    charge("shop", "h2", 10, Tokens.NONE, "m");

    assertThatThrownBy(() -> admin.settle("h1", Money.ZERO))
        .isInstanceOf(AdminException.class)
        .hasMessage("hold h1 is open; only a pending hold can be settled");
    assertThatThrownBy(() -> admin.settle("h2", null))
        .hasMessage("hold h2 is captured; only a pending hold can be settled");
    assertThatThrownBy(() -> admin.settle("h9", null)).hasMessage("there is no hold 'h9'");
  }

  @Test
  void aChargeByHandIsNeverNegative() {
    assertThatThrownBy(() -> admin.settle("h1", new Money(-1)))
        .isInstanceOf(AdminException.class)
        .hasMessage("the charge is -0.000000001 USD, but must not be negative");
  }

  @Test
  void aChargeByHandThatCannotBeCountedChangesNothing() {
    hold("shop", "h1");
    pend("h1");
    hold("shop", "h2");
    pend("h2");
    admin.settle("h1", new Money(Long.MAX_VALUE));

    assertThatThrownBy(() -> admin.settle("h2", new Money(Long.MAX_VALUE)))
        .isInstanceOf(AdminException.class)
        .hasMessageContaining("which is too large to add up");

    assertThat(admin.unsettled("shop", 10)).hasSize(1);
    assertThat(admin.check(Duration.ofDays(1)).violations()).isEmpty();
  }

  @Test
  void whatIsNotSettledIsOfAllProjectsOrOfOne() {
    hold("shop", "h1");
    hold("shop", "h2");
    clock.advance(Duration.ofSeconds(1));
    hold("cafe", "h3");

    assertThat(admin.unsettled(null, 10))
        .extracting(Unsettled::projectName)
        .containsExactly("shop", "shop", "cafe");
    assertThat(admin.unsettled("cafe", 1)).extracting(u -> u.hold().id()).containsExactly("h3");
  }

  @Test
  void aLimitAndATimeAreSensible() {
    for (int limit : new int[] {-1, 0, 10_001}) {
      assertThatThrownBy(() -> admin.entries("shop", limit)).isInstanceOf(AdminException.class);
      assertThatThrownBy(() -> admin.unsettled(null, limit)).isInstanceOf(AdminException.class);
    }
    assertThatThrownBy(() -> admin.usage(since("shop", Duration.ZERO)))
        .isInstanceOf(AdminException.class);
    assertThatThrownBy(() -> admin.usage(since("nobody", Duration.ofDays(1))))
        .hasMessage("there is no project 'nobody'");
  }

  // --- configure

  @Test
  void aMarkupAndAnUpstreamKeyAreChangedEachAlone() {
    admin.configure("shop", new ProjectChange(Markup.parse("10%"), null, LimitsChange.NONE));
    admin.configure("shop", new ProjectChange(null, UpstreamAccess.own(KEY), LimitsChange.NONE));

    Project configured = admin.showProject("shop").project();
    assertThat(configured.markup()).isEqualTo(Markup.parse("10%"));
    assertThat(configured.upstreamKey()).isEqualTo(KEY);

    admin.configure("shop", new ProjectChange(null, UpstreamAccess.DEFAULT, LimitsChange.NONE));

    Project back = admin.showProject("shop").project();
    assertThat(back.markup()).isEqualTo(Markup.parse("10%"));
    assertThat(back.upstreamKey()).isNull();
  }

  @Test
  void aChangeOfAProjectSaysSomething() {
    assertThatThrownBy(() -> new ProjectChange(null, null, LimitsChange.NONE))
        .isInstanceOf(AdminException.class);
  }

  // --- check

  @Test
  void aCheckCountsWhatIsOpenPendingAndUnresolved() {
    hold("shop", "h1");
    hold("shop", "h2");
    hold("cafe", "h3");
    Instant first = now();
    pend("h2");
    clock.advance(Duration.ofSeconds(1));
    pend("h3");
    hold("cafe", "h4");
    get(
        stores
            .ledger()
            .capture(
                new Capture(
                    "h4",
                    Money.ZERO,
                    new Money(7),
                    "",
                    Set.of(Flag.UNRESOLVED),
                    Tokens.NONE,
                    null,
                    null,
                    now())));

    Checkup checkup = admin.check(Duration.ofDays(1));
    assertThat(checkup.violations()).isEmpty();
    assertThat(checkup.open()).isEqualTo(1);
    assertThat(checkup.pending()).isEqualTo(2);
    assertThat(checkup.held()).isEqualTo(new Money(180));
    assertThat(checkup.oldestPending()).isEqualTo(first);
    assertThat(checkup.unresolved()).isEqualTo(1);
    assertThat(checkup.latestUnresolved()).extracting(Entry::id).containsExactly("h4");
  }

  // --- drift

  @Test
  void theFirstLookTakesABaselineAndTheNextOnesCompareWithIt() {
    charge("shop", "h1", 10, Tokens.NONE, "m");
    spent.put(KEY, "7.5");

    Drift first = drift();
    assertThat(first.result()).isEqualTo(Result.NEW_BASELINE);
    assertThat(first.since()).isEqualTo(now());

    clock.advance(Duration.ofSeconds(1));
    charge("shop", "h2", 21, Tokens.NONE, "m");
    spent.put(KEY, "7.5000000205");

    Drift second = drift();
    assertThat(second.result()).isEqualTo(Result.SAME);
    assertThat(second.since()).isEqualTo(first.since());
    assertThat(second.captured()).isEqualTo(new Money(21));
    assertThat(second.charges()).isEqualTo(1);
    assertThat(second.difference()).isEqualByComparingTo("5e-10");
  }

  @ParameterizedTest
  @CsvSource({
    // What two charges of 10 nanos may have cost: more than 18, at most 20.
    "20e-9, SAME",
    "18.0000001e-9, SAME",
    "18e-9, DRIFT",
    "0, DRIFT",
    "-1, DRIFT",
    // Floating point.
    "20.0000001e-9, SAME",
    "21e-9, DRIFT",
    "1, DRIFT",
  })
  void eachChargeMayHaveBeenRoundedUpByLessThanANano(String growth, Result result) {
    spent.put(KEY, "0");
    drift();
    charge("shop", "h1", 10, Tokens.NONE, "m");
    charge("shop", "h2", 10, Tokens.NONE, "m");
    spent.put(KEY, growth);

    assertThat(drift().result()).isEqualTo(result);
  }

  @Test
  void aNewBaselineForgetsADrift() {
    spent.put(KEY, "0");
    drift();
    spent.put(KEY, "1");
    assertThat(drift().isHarmless()).isFalse();

    assertThat(admin.drift(this::ask, true))
        .extracting(Drift::result)
        .containsExactly(Result.NEW_BASELINE);
    assertThat(drift().result()).isEqualTo(Result.SAME);
  }

  @Test
  void aDriftSaysHowManyRequestsAreUnsettled() {
    spent.put(KEY, "0");
    drift();
    hold("shop", "h1");
    spent.put(KEY, "0.00000001");

    assertThat(drift().result()).isEqualTo(Result.DRIFT);
    assertThat(drift().unsettled()).isEqualTo(1);
  }

  @Test
  void anUpstreamThatDoesNotSayKeepsTheBaselineAndIsNotHarmless() {
    spent.put(KEY, "1");
    drift();
    spent.clear();

    for (boolean newBaseline : new boolean[] {false, true}) {
      assertThat(admin.drift(this::ask, newBaseline))
          .singleElement()
          .satisfies(
              drift -> {
                assertThat(drift.result()).isEqualTo(Result.NOT_ASKED);
                assertThat(drift.reason()).isEqualTo("status 401");
                assertThat(drift.isHarmless()).isFalse();
              });
    }
    spent.put(KEY, "1");
    assertThat(drift().result()).isEqualTo(Result.SAME);
  }
}
