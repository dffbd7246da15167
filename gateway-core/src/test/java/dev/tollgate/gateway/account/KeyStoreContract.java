package dev.tollgate.gateway.account;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every {@link KeyStore} with its {@link KeyAdmin} keeps to. Extend it to test one. */
public abstract class KeyStoreContract {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00.123Z");
  private static final Instant LATER = NOW.plusSeconds(60);
  private static final Limits LIMITS =
      Limits.NONE
          .with(Limit.RATE, RatePolicy.parse("600/m"))
          .with(Limit.CONCURRENCY, 5)
          .with(Limit.MODELS, new ModelList(List.of("openai/gpt-4o-mini", "anthropic/*")))
          .with(Limit.DAILY_CAP, 5_000_000_000L)
          .with(Limit.MONTHLY_CAP, Long.MAX_VALUE);
  private static final KeyFingerprint SHOPS = KeyFingerprint.of("tg_shop");

  private KeyStore keys;
  private KeyAdmin admin;

  /**
   * Both sides of one store.
   *
   * @param keys the gateway's side
   * @param admin the operator's side
   */
  public record Sides(KeyStore keys, KeyAdmin admin) {}

  /** A store without projects; asked for once before each test. */
  protected abstract Sides freshStore() throws Exception;

  @BeforeEach
  void openStore() throws Exception {
    Sides sides = freshStore();
    keys = sides.keys();
    admin = sides.admin();
  }

  private static Project project(String name) {
    return new Project("prj_" + name, name, true, null, Markup.NONE, NOW);
  }

  private static Project project(String name, Limits limits, UpstreamAccess upstream) {
    return new Project("prj_" + name, name, true, Markup.parse("10%"), limits, upstream, NOW);
  }

  private static ApiKey key(String id, Project project) {
    return new ApiKey(id, project.id(), NOW, null, null);
  }

  /** A project named shop whose key has the fingerprint {@link #SHOPS}. */
  private Principal shop() {
    Project project = project("shop");
    ApiKey key = key("tg_shop", project);
    assertThat(admin.insertProject(project)).isTrue();
    assertThat(admin.insertKey(key, SHOPS)).isTrue();
    return new Principal(project, key);
  }

  @Test
  void anUnknownKeyIsNotFound() {
    shop();

    assertThat(keys.find(KeyFingerprint.of("tg_other"))).isEmpty();
  }

  @Test
  void aKeyIsFoundWithItsProject() {
    Principal shop = shop();

    assertThat(keys.find(SHOPS)).contains(shop);
  }

  @Test
  void aProjectsUpstreamKeyComesBack() {
    Project project = new Project("prj_1", "shop", true, Secret.of("sk-or-1"), Markup.NONE, NOW);
    admin.insertProject(project);
    admin.insertKey(key("tg_1", project), SHOPS);

    assertThat(keys.find(SHOPS).orElseThrow().project().upstreamKey())
        .isEqualTo(Secret.of("sk-or-1"));
  }

  @Test
  void aProjectWithoutAnyUpstreamKeyStaysWithoutUntilItIsGivenOne() {
    Project project = project("shop", Limits.NONE, UpstreamAccess.NONE);
    admin.insertProject(project);
    assertThat(admin.findProject("shop")).contains(project);

    for (UpstreamAccess upstream :
        List.of(
            UpstreamAccess.DEFAULT,
            UpstreamAccess.NONE,
            UpstreamAccess.own(Secret.of("sk-or-1")),
            UpstreamAccess.NONE,
            UpstreamAccess.own(Secret.of("sk-or-2")),
            UpstreamAccess.DEFAULT)) {
      admin.updateProject(project("shop", Limits.NONE, upstream));

      assertThat(admin.findProject("shop").orElseThrow().upstream()).isEqualTo(upstream);
    }
  }

  @Test
  void theLimitsOfAProjectComeBack() {
    Project project = project("shop", LIMITS, UpstreamAccess.DEFAULT);
    admin.insertProject(project);
    admin.insertKey(key("tg_1", project), SHOPS);

    assertThat(keys.find(SHOPS).orElseThrow().project()).isEqualTo(project);
  }

  @Test
  void limitsAreSetAndTakenAwayAgain() {
    shop();
    admin.insertProject(project("other"));

    admin.updateProject(project("shop", LIMITS, UpstreamAccess.DEFAULT));
    assertThat(keys.find(SHOPS).orElseThrow().project().limits()).isEqualTo(LIMITS);
    assertThat(admin.findProject("other").orElseThrow().limits()).isEqualTo(Limits.NONE);

    admin.updateProject(project("shop"));
    assertThat(keys.find(SHOPS).orElseThrow().project().limits()).isEqualTo(Limits.NONE);
  }

  @Test
  void everyRatePolicyComesBack() {
    shop();
    for (String rate : List.of("off", "by-credit", "10/s", "999999/m")) {
      Limits limits =
          Limits.NONE.with(Limit.RATE, RatePolicy.parse(rate)).with(Limit.CONCURRENCY, 0);
      admin.updateProject(project("shop", limits, UpstreamAccess.DEFAULT));

      assertThat(admin.findProject("shop").orElseThrow().limits()).isEqualTo(limits);
    }
  }

  @Test
  void aKeyComesBackWithItsKindAndItsCaps() {
    Project project = project("shop");
    ApiKey key =
        new ApiKey(
            "tgm_1", project.id(), NOW, LATER, null, ApiKey.Kind.MANAGEMENT, false, LIMITS.caps());
    ApiKey made =
        new ApiKey(
            "tg_2",
            project.id(),
            LATER,
            null,
            null,
            ApiKey.Kind.INFERENCE,
            true,
            new SpendingCaps(null, 1L));
    admin.insertProject(project);
    admin.insertKey(key, SHOPS);
    admin.insertKey(made, KeyFingerprint.of("made"));

    assertThat(keys.find(SHOPS).orElseThrow().key()).isEqualTo(key);
    assertThat(admin.listKeys(project.id())).containsExactly(key, made);
  }

  @Test
  void whatMayChangeOfAKeyIsSetAndTakenAwayAgain() {
    shop();
    KeySettings settings =
        new KeySettings("Søren's laptop", "{\"team\":\"search\"}", true, LIMITS.caps());

    assertThat(admin.setKey("prj_shop", "tg_shop", settings)).isTrue();
    assertThat(keys.find(SHOPS).orElseThrow().key().settings()).isEqualTo(settings);

    assertThat(admin.setKey("prj_shop", "tg_shop", KeySettings.NONE)).isTrue();
    assertThat(keys.find(SHOPS).orElseThrow().key().settings()).isEqualTo(KeySettings.NONE);
  }

  @Test
  void aNewKeyComesBackWithItsSettings() {
    Project project = project("shop");
    KeySettings settings = new KeySettings("laptop", "{}", true, SpendingCaps.NONE);
    ApiKey key =
        new ApiKey("tg_1", project.id(), NOW, null, null, ApiKey.Kind.INFERENCE, false, settings);
    admin.insertProject(project);
    admin.insertKey(key, SHOPS);

    assertThat(keys.find(SHOPS).orElseThrow().key()).isEqualTo(key);
  }

  @Test
  void aProjectIsArchivedAndTakenIntoUseAgain() {
    shop();
    Project named =
        new Project(
            "prj_shop",
            "shop",
            "The Shop",
            true,
            null,
            Markup.NONE,
            Limits.NONE,
            UpstreamAccess.DEFAULT,
            NOW);

    admin.updateProject(named.archived(LATER));
    assertThat(admin.findProject("shop")).contains(named.archived(LATER));
    assertThat(keys.find(SHOPS).orElseThrow().project().enabled()).isFalse();

    admin.updateProject(named);
    assertThat(admin.findProject("shop")).contains(named);
  }

  @Test
  void theCapsOfAKeyAreSetAndTakenAwayAgain() {
    shop();

    assertThat(admin.setKey("prj_shop", "tg_shop", KeySettings.of(LIMITS.caps()))).isTrue();
    assertThat(keys.find(SHOPS).orElseThrow().key().caps()).isEqualTo(LIMITS.caps());

    assertThat(admin.setKey("prj_shop", "tg_shop", KeySettings.of(SpendingCaps.NONE))).isTrue();
    assertThat(keys.find(SHOPS).orElseThrow().key().caps()).isEqualTo(SpendingCaps.NONE);
  }

  @Test
  void aKeyIsMadeToExpireButNeverLaterThanItWould() {
    shop();

    assertThat(admin.setKeyExpiry("prj_shop", "tg_shop", LATER)).isTrue();
    assertThat(keys.find(SHOPS).orElseThrow().key().expiresAt()).isEqualTo(LATER);

    assertThat(admin.setKeyExpiry("prj_shop", "tg_shop", LATER.plusMillis(1))).isTrue();
    assertThat(keys.find(SHOPS).orElseThrow().key().expiresAt()).isEqualTo(LATER);

    assertThat(admin.setKeyExpiry("prj_shop", "tg_shop", NOW)).isTrue();
    assertThat(keys.find(SHOPS).orElseThrow().key().expiresAt()).isEqualTo(NOW);
  }

  @Test
  void anotherProjectsKeyIsNeitherCappedNorMadeToExpire() {
    shop();
    admin.insertProject(project("other"));

    assertThat(admin.setKey("prj_other", "tg_shop", KeySettings.of(LIMITS.caps()))).isFalse();
    assertThat(admin.setKeyExpiry("prj_other", "tg_shop", NOW)).isFalse();
    assertThat(keys.find(SHOPS).orElseThrow().key().caps()).isEqualTo(SpendingCaps.NONE);
    assertThat(keys.find(SHOPS).orElseThrow().key().expiresAt()).isNull();
  }

  @Test
  void onlyAProjectThatThereIsCanBeLocked() {
    shop();

    assertThat(admin.lockProject("prj_shop")).isTrue();
    assertThat(admin.lockProject("prj_other")).isFalse();
  }

  @Test
  void aKeyThatExpiresIsFoundWithItsEnd() {
    Project project = project("shop");
    ApiKey key = new ApiKey("tg_1", project.id(), NOW, LATER, null);
    admin.insertProject(project);
    admin.insertKey(key, SHOPS);

    assertThat(keys.find(SHOPS).orElseThrow().key()).isEqualTo(key);
  }

  @Test
  void aRevokedKeyIsFoundAsRevoked() {
    shop();

    assertThat(admin.revokeKey("prj_shop", "tg_shop", LATER)).isTrue();
    assertThat(keys.find(SHOPS).orElseThrow().key().revokedAt()).isEqualTo(LATER);
  }

  @Test
  void revokingARevokedKeyKeepsTheFirstTime() {
    shop();
    admin.revokeKey("prj_shop", "tg_shop", NOW);

    assertThat(admin.revokeKey("prj_shop", "tg_shop", LATER)).isTrue();
    assertThat(keys.find(SHOPS).orElseThrow().key().revokedAt()).isEqualTo(NOW);
  }

  @Test
  void anUnknownKeyCannotBeRevoked() {
    shop();

    assertThat(admin.revokeKey("prj_shop", "tg_other", NOW)).isFalse();
  }

  @Test
  void anotherProjectsKeyCannotBeRevoked() {
    shop();
    admin.insertProject(project("other"));

    assertThat(admin.revokeKey("prj_other", "tg_shop", NOW)).isFalse();
    assertThat(keys.find(SHOPS).orElseThrow().key().revokedAt()).isNull();
  }

  @Test
  void aDisabledProjectIsFoundAsDisabled() {
    shop();

    admin.updateProject(project("shop").withEnabled(false));

    assertThat(keys.find(SHOPS).orElseThrow().project().enabled()).isFalse();
  }

  @Test
  void aProjectThatIsEnabledAgainIsFoundAsEnabled() {
    Principal shop = shop();
    admin.updateProject(project("shop").withEnabled(false));

    admin.updateProject(project("shop").withEnabled(true));

    assertThat(keys.find(SHOPS)).contains(shop);
  }

  @Test
  void disablingAnUnknownProjectTouchesNoOther() {
    Principal shop = shop();

    admin.updateProject(project("other").withEnabled(false));

    assertThat(keys.find(SHOPS)).contains(shop);
  }

  @Test
  void aNameIsUsedOnce() {
    shop();
    Project second = new Project("prj_second", "shop", false, null, Markup.NONE, LATER);

    assertThat(admin.insertProject(second)).isFalse();
    assertThat(admin.listProjects()).containsExactly(project("shop"));
  }

  @Test
  void anIdOfAKeyIsUsedOnce() {
    Principal shop = shop();

    assertThat(admin.insertKey(key("tg_shop", shop.project()), KeyFingerprint.of("x"))).isFalse();
    assertThat(keys.find(KeyFingerprint.of("x"))).isEmpty();
    assertThat(keys.find(SHOPS)).contains(shop);
  }

  @Test
  void aProjectIsFoundByItsVeryName() {
    shop();

    assertThat(admin.findProject("shop")).contains(project("shop"));
    assertThat(admin.findProject("SHOP")).isEmpty();
    assertThat(admin.findProject("shop ")).isEmpty();
  }

  @Test
  void namesThatDifferInCaseAreTwoProjects() {
    shop();

    assertThat(admin.insertProject(project("Shop"))).isTrue();
  }

  @Test
  void projectsAreListedByName() {
    List.of("b", "a", "c").forEach(name -> admin.insertProject(project(name)));

    assertThat(admin.listProjects()).extracting(Project::name).containsExactly("a", "b", "c");
  }

  @Test
  void keysAreListedOldestFirstAndOfOneProject() {
    Project shop = shop().project();
    Project other = project("other");
    admin.insertProject(other);
    admin.insertKey(key("tg_other", other), KeyFingerprint.of("other"));
    ApiKey older = new ApiKey("tg_z", shop.id(), NOW.minusSeconds(1), LATER, null);
    admin.insertKey(older, KeyFingerprint.of("older"));

    assertThat(admin.listKeys(shop.id())).containsExactly(older, key("tg_shop", shop));
  }

  @Test
  void revokedKeysAreListed() {
    shop();
    admin.revokeKey("prj_shop", "tg_shop", LATER);

    assertThat(admin.listKeys("prj_shop"))
        .containsExactly(new ApiKey("tg_shop", "prj_shop", NOW, null, LATER));
  }

  @Test
  void anUnknownProjectHasNoKeys() {
    assertThat(admin.listKeys("prj_unknown")).isEmpty();
  }

  private void assertRaisesTheCounter(Runnable change) {
    long before = keys.changeCounter();
    change.run();
    assertThat(keys.changeCounter()).isGreaterThan(before);
  }

  @Test
  void everyChangeRaisesTheCounter() {
    Project project = project("shop");
    assertRaisesTheCounter(() -> admin.insertProject(project));
    assertRaisesTheCounter(() -> admin.insertKey(key("tg_1", project), SHOPS));
    assertRaisesTheCounter(() -> admin.updateProject(project.withEnabled(false)));
    assertRaisesTheCounter(() -> admin.setKey(project.id(), "tg_1", KeySettings.of(LIMITS.caps())));
    assertRaisesTheCounter(() -> admin.setKeyExpiry(project.id(), "tg_1", LATER));
    assertRaisesTheCounter(() -> admin.revokeKey(project.id(), "tg_1", NOW));
  }

  @Test
  void readingKeepsTheCounter() {
    shop();
    long before = keys.changeCounter();

    keys.find(SHOPS);
    admin.findProject("shop");
    admin.listProjects();
    admin.listKeys("prj_shop");

    assertThat(keys.changeCounter()).isEqualTo(before);
  }

  @Test
  void whatChangesNothingKeepsTheCounter() {
    Project shop = shop().project();
    long before = keys.changeCounter();

    admin.insertProject(project("shop"));
    admin.insertKey(key("tg_shop", shop), KeyFingerprint.of("x"));
    admin.updateProject(project("unknown").withEnabled(false));
    admin.setKey(shop.id(), "tg_unknown", KeySettings.of(LIMITS.caps()));
    admin.setKeyExpiry(shop.id(), "tg_unknown", NOW);
    admin.revokeKey(shop.id(), "tg_unknown", NOW);
    admin.lockProject(shop.id());

    assertThat(keys.changeCounter()).isEqualTo(before);
  }
}
