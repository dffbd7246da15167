package dev.tollgate.gateway.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tollgate.gateway.Administration;
import dev.tollgate.gateway.account.ApiKey;
import dev.tollgate.gateway.account.AuditLog;
import dev.tollgate.gateway.account.KeyMint.Minted;
import dev.tollgate.gateway.account.KeySettings;
import dev.tollgate.gateway.account.Limit;
import dev.tollgate.gateway.account.Limits;
import dev.tollgate.gateway.account.Markup;
import dev.tollgate.gateway.account.MasterKey;
import dev.tollgate.gateway.account.ModelList;
import dev.tollgate.gateway.account.Project;
import dev.tollgate.gateway.account.RatePolicy;
import dev.tollgate.gateway.account.Secret;
import dev.tollgate.gateway.account.SpendingCaps;
import dev.tollgate.gateway.account.UpstreamAccess;
import dev.tollgate.gateway.admin.AdminException.Reason;
import dev.tollgate.gateway.admin.IdempotentRequests.Answer;
import dev.tollgate.gateway.jdbc.DatabaseOptions;
import dev.tollgate.gateway.jdbc.JdbcStores;
import dev.tollgate.gateway.ledger.Entry;
import dev.tollgate.gateway.ledger.Money;
import dev.tollgate.gateway.testkit.SettableClock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the operator, and a project for itself, changes; and what is written down of it. */
abstract class AdminChangesContract {
  private static final MasterKey MASTER_KEY =
      MasterKey.parse("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Secret UPSTREAM_KEY = Secret.of("sk-or-v1-never-shown");
  private static final SpendingCaps CAPS = new SpendingCaps(1_000_000_000L, 20_000_000_000L);

  private final SettableClock clock = new SettableClock();
  private JdbcStores stores;
  private AdminService admin;
  private Minted first;

  /** An empty database. */
  abstract DatabaseOptions freshDatabase() throws Exception;

  @BeforeEach
  void open() throws Exception {
    stores = JdbcStores.open(freshDatabase(), MASTER_KEY);
    admin = Administration.of(stores, clock).as(Actor.cli("ann"));
    first = admin.createProject("shop", Money.parse("5"), null);
  }

  @AfterEach
  void close() {
    stores.close();
  }

  private Project project() {
    return admin.showProject("shop").project();
  }

  private ApiKey key(String id) {
    return admin.listKeys("shop").stream()
        .map(KeyStatus::key)
        .filter(k -> k.id().equals(id))
        .findFirst()
        .orElseThrow();
  }

  private void configure(LimitsChange limits) {
    admin.configure("shop", new ProjectChange(null, null, limits));
  }

  private static void assertRefused(Reason reason, String message, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(AdminException.class, e -> assertThat(e.reason()).isEqualTo(reason))
        .hasMessage(message);
  }

  private static <T> List<T> atOnce(int times, Callable<T> call) throws Exception {
    CyclicBarrier together = new CyclicBarrier(times);
    ExecutorService executor = Executors.newFixedThreadPool(times);
    try {
      List<Future<T>> futures = new ArrayList<>();
      for (int i = 0; i < times; i++) {
        futures.add(
            executor.submit(
                () -> {
                  together.await();
                  return call.call();
                }));
      }
      List<T> results = new ArrayList<>();
      for (Future<T> future : futures) {
        results.add(future.get());
      }
      return results;
    } finally {
      executor.shutdownNow();
    }
  }

  // --- limits

  private static final LimitsChange ALL =
      LimitsChange.NONE
          .set(Limit.RATE, RatePolicy.parse("10/s"))
          .set(Limit.CONCURRENCY, 3)
          .set(Limit.MODELS, new ModelList(List.of("openai/*")))
          .set(Limit.DAILY_CAP, Money.parse("1").nanos())
          .set(Limit.MONTHLY_CAP, Money.parse("20").nanos());

  @Test
  void limitsAreSet() {
    configure(ALL);

    assertThat(project().limits())
        .isEqualTo(
            Limits.of(CAPS)
                .with(Limit.RATE, RatePolicy.parse("10/s"))
                .with(Limit.CONCURRENCY, 3)
                .with(Limit.MODELS, new ModelList(List.of("openai/*"))));
  }

  @Test
  void whatIsNotNamedStays() {
    configure(ALL);
    configure(LimitsChange.NONE.set(Limit.CONCURRENCY, 0).clear(Limit.MONTHLY_CAP));

    assertThat(project().limits())
        .isEqualTo(
            Limits.NONE
                .with(Limit.RATE, RatePolicy.parse("10/s"))
                .with(Limit.CONCURRENCY, 0)
                .with(Limit.MODELS, new ModelList(List.of("openai/*")))
                .with(Limit.DAILY_CAP, 1_000_000_000L));

    admin.configure("shop", new ProjectChange(Markup.parse("10%"), null, LimitsChange.NONE));
    assertThat(project().limits().maxOpen()).isZero();
  }

  @Test
  void limitsGoBackToNothing() {
    configure(ALL);
    configure(
        LimitsChange.NONE
            .clear(Limit.RATE)
            .clear(Limit.CONCURRENCY)
            .clear(Limit.MODELS)
            .clear(Limit.DAILY_CAP)
            .clear(Limit.MONTHLY_CAP));

    assertThat(project().limits()).isEqualTo(Limits.NONE);
  }

  @Test
  void aProjectMayBeDeniedTheOperatorsKey() {
    admin.configure(
        "shop", new ProjectChange(null, UpstreamAccess.own(UPSTREAM_KEY), LimitsChange.NONE));
    admin.configure("shop", new ProjectChange(null, UpstreamAccess.NONE, LimitsChange.NONE));

    assertThat(project().upstream()).isEqualTo(UpstreamAccess.NONE);
  }

  @Test
  void aLimitThatIsNoneIsRefused() {
    assertRefused(
        Reason.INVALID,
        "daily_cap is 0.00, but must be more than zero",
        () -> LimitsChange.NONE.set(Limit.DAILY_CAP, 0L));
    assertRefused(
        Reason.INVALID,
        "concurrency is -1, but must be a whole number from 0 to 2147483647",
        () -> LimitsChange.NONE.set(Limit.CONCURRENCY, -1));
    assertRefused(
        Reason.INVALID, "there is nothing to configure", () -> configure(LimitsChange.NONE));
  }

  // --- keys

  @Test
  void aKeyIsMadeAsItIsWished() {
    Minted minted =
        admin.createKey("shop", new KeySpec(ApiKey.Kind.INFERENCE, Duration.ofDays(30), CAPS));

    assertThat(key(minted.id()))
        .isEqualTo(
            new ApiKey(
                minted.id(),
                project().id(),
                clock.instant(),
                clock.instant().plus(Duration.ofDays(30)),
                null,
                ApiKey.Kind.INFERENCE,
                false,
                CAPS));
  }

  @Test
  void aKeyForManagementSaysSoAndHasNoCaps() {
    Minted minted =
        admin.createKey("shop", new KeySpec(ApiKey.Kind.MANAGEMENT, null, SpendingCaps.NONE));

    assertThat(minted.id()).startsWith("tgm_");
    assertThat(key(minted.id()).kind()).isEqualTo(ApiKey.Kind.MANAGEMENT);
    assertRefused(
        Reason.INVALID,
        "a management key spends nothing, so it cannot have caps",
        () -> new KeySpec(ApiKey.Kind.MANAGEMENT, null, CAPS));
    assertRefused(
        Reason.CONFLICT,
        "key " + minted.id() + " is a management key: it spends nothing, so it cannot have caps",
        () ->
            admin.configureKey(
                "shop",
                minted.id(),
                KeyChange.of(LimitsChange.NONE.set(Limit.DAILY_CAP, Money.parse("1").nanos()))));
  }

  @Test
  void theCapsOfAKeyAreChangedEachAlone() {
    admin.configureKey(
        "shop",
        first.id(),
        KeyChange.of(LimitsChange.NONE.set(Limit.DAILY_CAP, Money.parse("1").nanos())));
    KeyStatus changed =
        admin.configureKey(
            "shop",
            first.id(),
            KeyChange.of(LimitsChange.NONE.set(Limit.MONTHLY_CAP, Money.parse("20").nanos())));

    assertThat(changed.key().caps()).isEqualTo(CAPS);
    assertThat(key(first.id())).isEqualTo(changed.key());
    assertThat(
            admin
                .configureKey(
                    "shop", first.id(), KeyChange.of(LimitsChange.NONE.clear(Limit.DAILY_CAP)))
                .key()
                .caps())
        .isEqualTo(new SpendingCaps(null, 20_000_000_000L));
    assertRefused(
        Reason.INVALID,
        "there is nothing to configure",
        () -> admin.configureKey("shop", first.id(), KeyChange.of(LimitsChange.NONE)));
  }

  @Test
  void aKeyHasANameAndMetadataThatAreTakenAwayAgain() {
    String metadata = Metadata.parse("{ \"team\": \"web\" }");

    KeyStatus named =
        admin.configureKey(
            "shop", first.id(), new KeyChange("Søren", metadata, null, LimitsChange.NONE));
    assertThat(named.key().settings())
        .isEqualTo(new KeySettings("Søren", "{\"team\":\"web\"}", false, SpendingCaps.NONE));

    KeyStatus bare =
        admin.configureKey("shop", first.id(), new KeyChange("", "", null, LimitsChange.NONE));
    assertThat(bare.key().settings()).isEqualTo(KeySettings.NONE);
    assertThat(details("key.configure"))
        .containsExactly(
            "{\"name\":\"\",\"metadata\":null}",
            "{\"name\":\"Søren\",\"metadata\":{\"team\":\"web\"}}");
  }

  @Test
  void aNameAndMetadataHaveABound() {
    admin.configureKey("shop", first.id(), named("\uD83D\uDE00".repeat(100)));
    assertRefused(
        Reason.INVALID,
        "name has 101 characters, but may have at most 100",
        () -> admin.configureKey("shop", first.id(), named("x".repeat(101))));
    assertRefused(
        Reason.INVALID,
        "name holds a control character, such as a line break",
        () -> admin.configureKey("shop", first.id(), named("a\nb")));
    String most = "{\"a\":\"" + "ø".repeat(508) + "\"}";
    admin.configureKey("shop", first.id(), new KeyChange(null, most, null, LimitsChange.NONE));
    assertRefused(
        Reason.INVALID,
        "metadata has 1,025 bytes, but may have at most 1,024",
        () ->
            admin.configureKey(
                "shop",
                first.id(),
                new KeyChange(null, most.replace("a", "ab"), null, LimitsChange.NONE)));
    assertRefused(
        Reason.INVALID, "metadata is not a JSON object", () -> Metadata.parse("[\"secret\"]"));
    for (String odd : List.of("{", "{} {}", "{\"a\":1,\"a\":2}")) {
      assertRefused(Reason.INVALID, "metadata is not a JSON object", () -> Metadata.parse(odd));
    }
    assertThat(Metadata.parse("{\"a\":0.12345678901234567890123}"))
        .isEqualTo("{\"a\":0.12345678901234567890123}");
  }

  private static KeyChange named(String name) {
    return new KeyChange(name, null, null, LimitsChange.NONE);
  }

  @Test
  void aDisabledKeyIsNotUsableUntilItIsEnabled() {
    admin.configureKey("shop", first.id(), disabled(true));
    assertThat(key(first.id()).isUsable(clock.instant())).isFalse();
    assertRefused(
        Reason.CONFLICT,
        "key " + first.id() + " is disabled",
        () -> admin.rotateKey("shop", first.id(), Duration.ZERO));

    admin.configureKey("shop", first.id(), disabled(false));
    assertThat(key(first.id()).isUsable(clock.instant())).isTrue();
  }

  private static KeyChange disabled(boolean now) {
    return new KeyChange(null, null, now, LimitsChange.NONE);
  }

  @Test
  void aManagementKeyHasANameButNoCaps() {
    Minted management =
        admin.createKey("shop", new KeySpec(ApiKey.Kind.MANAGEMENT, null, SpendingCaps.NONE));

    assertThat(admin.configureKey("shop", management.id(), named("ci")).key().settings().name())
        .isEqualTo("ci");
  }

  @Test
  void anArchivedProjectIsDisabledUntilItIsUnarchived() {
    admin.setArchived("shop", true);
    clock.advance(Duration.ofDays(1));
    admin.setArchived("shop", true);

    assertThat(project().enabled()).isFalse();
    assertThat(project().archivedAt()).isEqualTo(clock.instant().minus(Duration.ofDays(1)));
    assertRefused(
        Reason.CONFLICT,
        "project shop is archived; unarchive it first",
        () -> admin.setEnabled("shop", true));
    admin.setEnabled("shop", false);
    assertThat(admin.entries("shop", 10)).hasSize(1);

    admin.setArchived("shop", false);
    assertThat(project().enabled()).isTrue();
    assertThat(project().archivedAt()).isNull();
    assertThat(details("project.archive")).hasSize(1);
    assertThat(details("project.unarchive")).hasSize(1);
  }

  @Test
  void aProjectHasADisplayName() {
    admin.createProject("named", "Named & Sons", Money.ZERO, null);
    assertThat(admin.showProject("named").project().displayName()).isEqualTo("Named & Sons");

    admin.configure("named", new ProjectChange("", null, null, LimitsChange.NONE));
    assertThat(admin.showProject("named").project().displayName()).isEmpty();
    assertRefused(
        Reason.INVALID,
        "display name has 101 characters, but may have at most 100",
        () -> admin.createProject("long", "x".repeat(101), Money.ZERO, null));
  }

  @Test
  void aRotatedKeyLivesForTheGraceBesideItsLikeSuccessor() {
    Minted capped = admin.createKey("shop", new KeySpec(ApiKey.Kind.INFERENCE, null, CAPS));

    Rotated rotated = admin.rotateKey("shop", capped.id(), Duration.ofHours(24));

    Instant end = clock.instant().plus(Duration.ofHours(24));
    assertThat(rotated.replaced().key().expiresAt()).isEqualTo(end);
    assertThat(key(capped.id()).isUsable(end.minusMillis(1))).isTrue();
    assertThat(key(capped.id()).isUsable(end)).isFalse();
    ApiKey successor = stores.keys().find(rotated.key().fingerprint()).orElseThrow().key();
    assertThat(successor.caps()).isEqualTo(CAPS);
    assertThat(successor.expiresAt()).isNull();
    assertThat(successor.isUsable(end)).isTrue();
  }

  @Test
  void aKeyForManagementIsRotatedIntoOne() {
    Minted management =
        admin.createKey("shop", new KeySpec(ApiKey.Kind.MANAGEMENT, null, SpendingCaps.NONE));

    assertThat(admin.rotateKey("shop", management.id(), Duration.ZERO).key().id())
        .startsWith("tgm_");
  }

  @Test
  void withoutGraceARotatedKeyIsRevokedAtOnce() {
    Rotated rotated = admin.rotateKey("shop", first.id(), Duration.ZERO);

    assertThat(rotated.replaced().key().revokedAt()).isEqualTo(clock.instant());
  }

  @Test
  void aKeyThatEndsBeforeTheGraceKeepsItsEndAndItsSuccessorLastsAsLong() {
    Minted brief =
        admin.createKey(
            "shop", new KeySpec(ApiKey.Kind.INFERENCE, Duration.ofHours(2), SpendingCaps.NONE));
    Instant end = clock.instant().plus(Duration.ofHours(2));
    clock.advance(Duration.ofHours(1));

    Rotated rotated = admin.rotateKey("shop", brief.id(), Duration.ofHours(24));

    assertThat(rotated.replaced().key().expiresAt()).isEqualTo(end);
    assertThat(key(rotated.key().id()).expiresAt())
        .isEqualTo(clock.instant().plus(Duration.ofHours(2)));
  }

  @Test
  void whatOpensNothingIsNotRotated() {
    Minted brief =
        admin.createKey(
            "shop", new KeySpec(ApiKey.Kind.INFERENCE, Duration.ofHours(2), SpendingCaps.NONE));
    admin.revokeKey("shop", first.id());
    clock.advance(Duration.ofHours(2));

    assertRefused(
        Reason.CONFLICT,
        "key " + first.id() + " is revoked",
        () -> admin.rotateKey("shop", first.id(), Duration.ZERO));
    assertRefused(
        Reason.CONFLICT,
        "key " + brief.id() + " is expired",
        () -> admin.rotateKey("shop", brief.id(), Duration.ZERO));
    assertRefused(
        Reason.UNKNOWN,
        "project shop has no key 'tg_x'",
        () -> admin.rotateKey("shop", "tg_x", Duration.ZERO));
    assertRefused(
        Reason.INVALID,
        "the grace period is -1 s, but must not be negative",
        () -> admin.rotateKey("shop", first.id(), Duration.ofNanos(-1)));
    assertThat(admin.listKeys("shop")).hasSize(2);
  }

  // --- what a project does by itself

  private List<ApiKey> liveSelfMade() {
    return admin.listKeys("shop").stream()
        .map(KeyStatus::key)
        .filter(key -> key.selfMade() && key.isUsable(clock.instant()))
        .toList();
  }

  @Test
  void aProjectCannotEnableItsDisabledKeyByMakingAnother() {
    Minted made = admin.inferenceKeys().enable(project().id(), "tgm_1");
    admin.configureKey("shop", made.id(), disabled(true));

    Minted next = admin.inferenceKeys().enable(project().id(), "tgm_1");
    assertThat(key(next.id()).settings().disabled()).isTrue();
    assertThat(key(made.id()).revokedAt()).isNotNull();
    assertThat(admin.inferenceKeys().enabledSince(project().id())).isEmpty();
  }

  @Test
  void aKeyOfAProjectsOwnMakingInheritsWhatIsLeftOfTheCapInTotal() {
    Minted made = admin.inferenceKeys().enable(project().id(), "tgm_1");
    admin.configureKey(
        "shop",
        made.id(),
        new KeyChange(
            "own", null, null, LimitsChange.NONE.set(Limit.TOTAL_CAP, Money.parse("2").nanos())));

    Minted next = admin.inferenceKeys().enable(project().id(), "tgm_1");
    assertThat(key(next.id()).settings().name()).isEqualTo("own");
    assertThat(key(next.id()).caps().totalNanos()).isEqualTo(Money.parse("2").nanos());
  }

  @Test
  void aProjectHasOneKeyOfItsOwnMaking() {
    assertThat(admin.inferenceKeys().enabledSince(project().id())).isEmpty();

    Minted one = admin.inferenceKeys().enable(project().id(), "tgm_1");
    clock.advance(Duration.ofSeconds(1));
    Minted two = admin.inferenceKeys().enable(project().id(), "tgm_1");

    assertThat(liveSelfMade()).extracting(ApiKey::id).containsExactly(two.id());
    assertThat(key(one.id()).revokedAt()).isEqualTo(clock.instant());
    assertThat(key(two.id()).kind()).isEqualTo(ApiKey.Kind.INFERENCE);
    assertThat(admin.inferenceKeys().enabledSince(project().id())).contains(clock.instant());
  }

  @Test
  void aProjectRevokesNoKeyButThoseOfItsOwnMaking() {
    admin.inferenceKeys().disable(project().id(), "tgm_1");
    Minted made = admin.inferenceKeys().enable(project().id(), "tgm_1");

    admin.inferenceKeys().disable(project().id(), "tgm_1");

    assertThat(key(made.id()).revokedAt()).isNotNull();
    assertThat(key(first.id()).revokedAt()).isNull();
    assertThat(admin.inferenceKeys().enabledSince(project().id())).isEmpty();
  }

  @Test
  void ofManyThatEnableAtOnceOneKeyIsLeft() throws Exception {
    String id = project().id();

    atOnce(6, () -> admin.inferenceKeys().enable(id, "tgm_1"));

    assertThat(liveSelfMade()).hasSize(1);
    assertThat(admin.listKeys("shop")).hasSize(7);
  }

  @Test
  void anUnknownProjectCannotHelpItself() {
    assertRefused(
        Reason.UNKNOWN,
        "there is no project 'prj_x'",
        () -> admin.inferenceKeys().enable("prj_x", "tgm_1"));
  }

  @Test
  void aSuccessorOfASelfMadeKeyIsSelfMade() {
    Minted made = admin.inferenceKeys().enable(project().id(), "tgm_1");

    admin.rotateKey("shop", made.id(), Duration.ofHours(24));

    assertThat(liveSelfMade()).hasSize(2);
    admin.inferenceKeys().disable(project().id(), "tgm_1");
    assertThat(liveSelfMade()).isEmpty();
  }

  // --- the audit log

  /** As actor, action, subject and detail; newest first. */
  private List<String> lines(int limit) {
    return admin.audit("shop", limit).stream()
        .map(Audited::line)
        .map(line -> line.actor() + " " + line.action() + " " + line.subject() + line.detail())
        .toList();
  }

  /** The details of an action's lines, newest first. */
  private List<String> details(String action) {
    return admin.audit("shop", 100).stream()
        .map(Audited::line)
        .filter(line -> line.action().equals(action))
        .map(AuditLog.Line::detail)
        .toList();
  }

  @Test
  void whatANewProjectIsMadeOfIsWrittenDown() {
    List<Audited> audited = admin.audit("shop", 10);

    assertThat(audited)
        .extracting(a -> a.line().action())
        .containsExactly("credit", "key.create", "project.create");
    assertThat(audited).extracting(Audited::projectName).containsOnly("shop");
    assertThat(audited).extracting(a -> a.line().actor()).containsOnly("cli:ann");
    assertThat(audited).extracting(a -> a.line().at()).containsOnly(clock.instant());
    assertThat(lines(10).get(0)).endsWith("{\"amount\":\"5.00\",\"note\":\"first balance\"}");
    assertThat(lines(10).get(1))
        .isEqualTo("cli:ann key.create " + first.id() + "{\"kind\":\"inference\"}");
    assertThat(lines(10).get(2))
        .isEqualTo(
            "cli:ann project.create {\"project_name\":\"shop\",\"upstream_key\":\"cleared\"}");
  }

  @Test
  void everyChangeWritesOneLine() {
    int before = lines(100).size();
    configure(ALL);
    admin.configure(
        "shop",
        new ProjectChange(
            Markup.parse("10%"), UpstreamAccess.own(UPSTREAM_KEY), LimitsChange.NONE));
    admin.configure("shop", new ProjectChange(null, UpstreamAccess.NONE, LimitsChange.NONE));
    admin.setEnabled("shop", false);
    admin.setEnabled("shop", true);
    Minted made =
        admin.createKey("shop", new KeySpec(ApiKey.Kind.INFERENCE, Duration.ofDays(1), CAPS));
    admin.configureKey("shop", made.id(), KeyChange.of(LimitsChange.NONE.clear(Limit.DAILY_CAP)));
    Rotated rotated = admin.rotateKey("shop", made.id(), Duration.ofHours(1));
    admin.revokeKey("shop", made.id());
    admin.credit("shop", Money.parse("-1"), "for \"it\"", "c-1");

    List<String> lines = lines(100);
    assertThat(lines.subList(0, lines.size() - before))
        .containsExactly(
            "cli:ann credit c-1{\"amount\":\"-1.00\",\"note\":\"for \\\"it\\\"\"}",
            "cli:ann key.revoke " + made.id() + "{}",
            "cli:ann key.rotate "
                + made.id()
                + "{\"new_key_id\":\""
                + rotated.key().id()
                + "\",\"grace\":\"PT1H\"}",
            "cli:ann key.configure "
                + made.id()
                + "{\"daily_cap\":null,\"weekly_cap\":null,\"monthly_cap\":\"20.00\",\"total_cap\":null}",
            "cli:ann key.create "
                + made.id()
                + "{\"kind\":\"inference\",\"lifetime\":\"PT24H\","
                + "\"daily_cap\":\"1.00\",\"monthly_cap\":\"20.00\"}",
            "cli:ann project.enable {}",
            "cli:ann project.disable {}",
            "cli:ann project.configure {\"upstream_key\":\"cleared\",\"upstream\":\"none\"}",
            "cli:ann project.configure {\"markup\":\"10%\",\"upstream_key\":\"set\"}",
            "cli:ann project.configure {\"rate\":\"10/s\",\"concurrency\":3,"
                + "\"models\":[\"openai/*\"],\"daily_cap\":\"1.00\",\"monthly_cap\":\"20.00\"}");
  }

  @Test
  void whatChangesNothingIsNotWrittenDown() {
    admin.credit("shop", Money.parse("1"), "", "c-1");
    admin.revokeKey("shop", first.id());
    List<String> before = lines(100);

    admin.setEnabled("shop", true);
    admin.revokeKey("shop", first.id());
    admin.credit("shop", Money.parse("1"), "", "c-1");
    admin.configureKey(
        "shop",
        first.id(),
        KeyChange.of(LimitsChange.NONE.clear(Limit.DAILY_CAP).clear(Limit.MONTHLY_CAP)));
    admin.inferenceKeys().disable(project().id(), "tgm_1");
    assertThatThrownBy(() -> admin.rotateKey("shop", first.id(), Duration.ZERO))
        .isInstanceOf(AdminException.class);

    assertThat(lines(100)).isEqualTo(before);
  }

  @Test
  void noSecretIsWrittenDown() throws Exception {
    admin.createProject("own", Money.ZERO, UPSTREAM_KEY);
    admin.configure(
        "shop", new ProjectChange(null, UpstreamAccess.own(UPSTREAM_KEY), LimitsChange.NONE));
    Minted made = admin.createKey("shop", KeySpec.INFERENCE);

    for (Audited audited : admin.audit(null, 100)) {
      JsonNode detail = JSON.readTree(audited.line().detail());
      assertThat(detail.isObject()).isTrue();
      assertThat(audited.toString())
          .doesNotContain(UPSTREAM_KEY.reveal(), made.key().reveal(), first.key().reveal());
    }
  }

  @Test
  void whoeverActsIsNamed() {
    clock.advance(Duration.ofMillis(1));
    AdminService embedder = Administration.of(stores, clock);
    embedder.setEnabled("shop", false);
    embedder.as(Actor.api("192.0.2.7")).setEnabled("shop", true);
    Minted one = embedder.inferenceKeys().enable(project().id(), "tgm_own");
    Minted two = embedder.inferenceKeys().enable(project().id(), "tgm_own");

    assertThat(lines(5))
        .containsExactly(
            "tgm_own key.revoke " + one.id() + "{}",
            "tgm_own key.create " + two.id() + "{\"kind\":\"inference\",\"self_made\":true}",
            "tgm_own key.create " + one.id() + "{\"kind\":\"inference\",\"self_made\":true}",
            "api:192.0.2.7 project.enable {}",
            "embedder project.disable {}");
    assertThat(new Actor("a\r\nb" + "c".repeat(300)).name()).startsWith("a??b").hasSize(200);
  }

  @Test
  void theLogIsReadByProjectAndNewestFirst() {
    clock.advance(Duration.ofSeconds(1));
    admin.createProject("other", Money.ZERO, null);

    assertThat(admin.audit(null, 2)).extracting(Audited::projectName).containsOnly("other");
    assertThat(admin.audit(null, 100)).hasSize(5);
    assertThat(admin.audit("other", 100)).hasSize(2);
    assertRefused(Reason.UNKNOWN, "there is no project 'x'", () -> admin.audit("x", 1));
    assertRefused(
        Reason.INVALID,
        "limit is 10001, but must be from 1 to 10000",
        () -> admin.audit(null, 10_001));
  }

  @Test
  void aChangeThatIsUndoneIsNotWrittenDown() {
    List<String> before = lines(100);

    assertThatThrownBy(
            () ->
                admin.together(
                    () -> {
                      admin.setEnabled("shop", false);
                      throw new IllegalStateException("undo it");
                    }))
        .hasMessage("undo it");

    assertThat(lines(100)).isEqualTo(before);
    assertThat(project().enabled()).isTrue();
  }

  // --- requests that are carried out once

  private Answer createOnce(String key, String fingerprint) {
    return admin
        .idempotentRequests()
        .once(
            key,
            fingerprint,
            () -> {
              Minted minted = admin.createKey("shop", KeySpec.INFERENCE);
              return new Answer(201, minted.key().reveal(), minted.id());
            });
  }

  @Test
  void aRepeatedRequestIsAnsweredWithoutItsSecretAndChangesNothing() {
    Answer one = createOnce("k", "f");
    Answer again = createOnce("k", "f");

    assertThat(one.body()).startsWith("tg_").hasSizeGreaterThan(50);
    assertThat(again).isEqualTo(new Answer(201, one.kept(), one.kept()));
    assertThat(admin.listKeys("shop")).hasSize(2);
  }

  @Test
  void anotherRequestWithTheSameKeyIsRefused() {
    createOnce("k", "f");

    assertRefused(
        Reason.KEY_REUSED,
        "this idempotency key was used for another request",
        () -> createOnce("k", "g"));
    assertThat(admin.listKeys("shop")).hasSize(2);
  }

  @Test
  void aRequestThatFailedMayBeMadeAgain() {
    assertThatThrownBy(
            () ->
                admin
                    .idempotentRequests()
                    .once(
                        "k",
                        "f",
                        () -> {
                          admin.createKey("shop", KeySpec.INFERENCE);
                          throw new IllegalStateException("no");
                        }))
        .hasMessage("no");
    assertThat(admin.listKeys("shop")).hasSize(1);

    createOnce("k", "g");
    assertThat(admin.listKeys("shop")).hasSize(2);
  }

  @Test
  void aRequestIsRememberedForADay() {
    createOnce("k", "f");
    clock.advance(Duration.ofHours(24));
    createOnce("k", "f");
    assertThat(admin.listKeys("shop")).hasSize(2);

    clock.advance(Duration.ofMillis(1));
    createOnce("k", "f");
    assertThat(admin.listKeys("shop")).hasSize(3);
  }

  @Test
  void ofManyLikeRequestsAtOnceOneIsCarriedOut() throws Exception {
    AtomicInteger shown = new AtomicInteger();

    List<Answer> answers =
        atOnce(
            6,
            () -> {
              Answer answer = createOnce("k", "f");
              if (!answer.body().equals(answer.kept())) {
                shown.incrementAndGet();
              }
              return answer;
            });

    assertThat(admin.listKeys("shop")).hasSize(2);
    assertThat(shown).hasValue(1);
    assertThat(answers).extracting(Answer::kept).containsOnly(answers.get(0).kept());
  }

  // --- texts that cannot be stored

  private void assertNotStorable(String field, String code, Consumer<String> call, String text) {
    int lines = admin.audit(null, 100).size();

    assertRefused(
        Reason.INVALID,
        field
            + " holds "
            + code
            + ", which cannot be stored; allowed is Unicode text without NUL (U+0000) and without"
            + " half of a surrogate pair",
        () -> call.accept(text));

    assertThat(admin.audit(null, 100)).hasSize(lines);
  }

  @ParameterizedTest
  @CsvSource({"0, U+0000", "D800, U+D800", "DFFF, U+DFFF"})
  void aTextThatCannotBeStoredIsRefusedByItsName(String character, String code) {
    String text = "a" + (char) Integer.parseInt(character, 16) + "b";
    Money dollar = Money.parse("1");

    assertNotStorable("note", code, note -> admin.credit("shop", dollar, note, null), text);
    assertNotStorable("id", code, id -> admin.credit("shop", dollar, "", id), text);
    assertNotStorable("project name", code, admin::showProject, text);
    assertNotStorable("project name", code, name -> admin.setEnabled(name, false), text);
    assertNotStorable("project name", code, name -> admin.audit(name, 1), text);
    assertNotStorable("hold id", code, id -> admin.settle(id, null), text);
    assertNotStorable("Idempotency-Key", code, key -> createOnce(key, "f"), text);
    assertNotStorable(
        "models",
        code,
        model ->
            configure(
                LimitsChange.NONE.set(Limit.MODELS, new ModelList(List.of("openai/*", model)))),
        text);
  }

  @Test
  void aCharacterOfTwoHalvesIsStored() {
    admin.credit("shop", Money.parse("1"), "for \uD83D\uDE00", "c1");

    assertThat(admin.entries("shop", 10)).extracting(Entry::note).contains("for \uD83D\uDE00");
  }

  @Test
  void anActorWhoseNameCannotBeStoredIsWrittenDownAllTheSame() {
    admin.as(new Actor("a\uD800")).createKey("shop", KeySpec.INFERENCE);

    assertThat(admin.audit("shop", 1))
        .extracting(audited -> audited.line().actor())
        .containsExactly("a\uFFFD");
  }
}
