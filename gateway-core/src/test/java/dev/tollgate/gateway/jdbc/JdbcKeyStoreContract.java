package dev.tollgate.gateway.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tollgate.gateway.account.ApiKey;
import dev.tollgate.gateway.account.ApiKey.Origin;
import dev.tollgate.gateway.account.KeyFingerprint;
import dev.tollgate.gateway.account.KeySettings;
import dev.tollgate.gateway.account.KeyStoreContract;
import dev.tollgate.gateway.account.Markup;
import dev.tollgate.gateway.account.MasterKey;
import dev.tollgate.gateway.account.Project;
import dev.tollgate.gateway.account.Secret;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the store promises on every database. */
abstract class JdbcKeyStoreContract extends KeyStoreContract {
  static final Secret UPSTREAM_KEY = Secret.of("sk-or-v1-sealed-secret");
  private static final MasterKey MASTER_KEY =
      MasterKey.parse("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");

  private static final KeyFingerprint SHOPS = KeyFingerprint.of("tg_shop");

  private DatabaseOptions options;
  private JdbcStores stores;

  /** An empty database. */
  abstract DatabaseOptions freshDatabase();

  @Override
  protected Sides freshStore() {
    options = freshDatabase();
    stores = JdbcStores.open(options, MASTER_KEY);
    return new Sides(stores.keys(), stores.keyAdmin());
  }

  @AfterEach
  void close() {
    stores.close();
  }

  void insertShop() {
    stores
        .keyAdmin()
        .insertProject(
            new Project("prj_shop", "shop", true, UPSTREAM_KEY, Markup.NONE, Instant.EPOCH));
  }

  @Test
  void aSealedKeyThatIsCopiedToAnotherProjectDoesNotOpen() throws Exception {
    insertShop();
    stores
        .keyAdmin()
        .insertProject(new Project("prj_thief", "thief", true, null, Markup.NONE, Instant.EPOCH));
    try (Sql other = new Sql(options)) {
      other.execute(
          "UPDATE project SET upstream_key ="
              + " (SELECT upstream_key FROM project WHERE name = 'shop') WHERE name = 'thief'");
    }

    assertThatThrownBy(() -> stores.keyAdmin().findProject("thief"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void anotherProcessSeesAChangeAtOnce() {
    try (JdbcStores other = JdbcStores.open(options, MASTER_KEY)) {
      long before = other.keys().changeCounter();
      insertShop();

      assertThat(other.keys().changeCounter()).isGreaterThan(before);
      assertThat(other.keyAdmin().listProjects())
          .extracting(Project::upstreamKey)
          .isEqualTo(List.of(UPSTREAM_KEY));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "rate = '10/h'",
        "rate = ''",
        "models = ''",
        "models = 'a b'",
        "max_open = -1",
        "daily_cap_nanos = 0",
        "monthly_cap_nanos = -5",
        "upstream = 'pool'",
        "upstream = 'own', upstream_key = NULL"
      })
  void whatALaterVersionWroteOfAProjectIsNotTakenForNothing(String written) throws Exception {
    insertShopWithAKey();
    try (Sql other = new Sql(options)) {
      other.execute("UPDATE project SET " + written);
    }

    assertUnreadable("project prj_shop has a ");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "kind = 'billing'",
        "self_made = 2",
        "origin = 3",
        "self_made = 1, origin = 1",
        "daily_cap_nanos = 0",
        "monthly_cap_nanos = -5"
      })
  void whatALaterVersionWroteOfAKeyIsNotTakenForNothing(String written) throws Exception {
    insertShopWithAKey();
    try (Sql other = new Sql(options)) {
      other.execute("UPDATE api_key SET " + written);
    }

    assertUnreadable("key tg_shop has a ");
  }

  @Test
  void anArchivedProjectThatAnOlderBuildHasEnabledIsDisabled() throws Exception {
    insertShopWithAKey();
    try (Sql other = new Sql(options)) {
      other.execute("UPDATE project SET enabled = 1, archived_at = 1");
    }

    assertThat(stores.keyAdmin().listProjects()).extracting(Project::enabled).containsOnly(false);
  }

  @Test
  void aProjectThatIsEnabledInAnUnknownWayIsDisabled() throws Exception {
    insertShopWithAKey();
    try (Sql other = new Sql(options)) {
      other.execute("UPDATE project SET enabled = 2");
    }

    assertThat(stores.keyAdmin().findProject("shop").orElseThrow().enabled()).isFalse();
  }

  @ParameterizedTest
  @EnumSource
  void aKeyComesBackWithItsOrigin(Origin origin) {
    insertShop();
    ApiKey key =
        new ApiKey(
            "tg_1",
            "prj_shop",
            Instant.EPOCH,
            null,
            null,
            ApiKey.Kind.INFERENCE,
            origin,
            KeySettings.NONE);
    stores.keyAdmin().insertKey(key, SHOPS);

    assertThat(stores.keys().find(SHOPS).orElseThrow().key()).isEqualTo(key);
  }

  /** A server of an earlier schema revokes them when a project calls enable or disable. */
  @ParameterizedTest
  @EnumSource
  void onlyTheKeyOfEnableIsSelfMadeForAnOlderServer(Origin origin) throws Exception {
    insertShopWithAKey();
    stores.keyAdmin().setKeyOrigin("prj_shop", "tg_shop", origin);

    try (Sql other = new Sql(options)) {
      assertThat(other.number("SELECT self_made FROM api_key"))
          .isEqualTo(origin == Origin.ENABLED ? 1 : 0);
    }
  }

  @Test
  void aKeyThatAnOlderServerMadeHasItsOrigin() throws Exception {
    insertShopWithAKey();
    try (Sql other = new Sql(options)) {
      other.execute("UPDATE api_key SET self_made = 1");
    }

    assertThat(stores.keys().find(SHOPS).orElseThrow().key().origin()).isEqualTo(Origin.ENABLED);
  }

  @Test
  void revokedKeysAreLeftOutIfOnlyTheOthersAreAskedFor() {
    insertShopWithAKey();
    stores
        .keyAdmin()
        .insertKey(
            new ApiKey("tg_two", "prj_shop", Instant.EPOCH, null, null),
            KeyFingerprint.of("tg_two"));
    stores.keyAdmin().revokeKey("prj_shop", "tg_shop", Instant.EPOCH);

    assertThat(stores.keyAdmin().listUnrevokedKeys("prj_shop"))
        .extracting(ApiKey::id)
        .containsExactly("tg_two");
    assertThat(stores.keyAdmin().listKeys("prj_shop")).hasSize(2);
  }

  @Test
  void theOriginOfAKeyIsSetFromTheNextRequestOn() {
    insertShopWithAKey();
    long before = stores.keys().changeCounter();

    assertThat(stores.keyAdmin().setKeyOrigin("prj_other", "tg_shop", Origin.CREATED)).isFalse();
    assertThat(stores.keyAdmin().setKeyOrigin("prj_shop", "tg_shop", Origin.RESTRICTED)).isTrue();

    assertThat(stores.keys().find(SHOPS).orElseThrow().key().origin()).isEqualTo(Origin.RESTRICTED);
    assertThat(stores.keys().changeCounter()).isGreaterThan(before);
  }

  private void insertShopWithAKey() {
    insertShop();
    stores
        .keyAdmin()
        .insertKey(new ApiKey("tg_shop", "prj_shop", Instant.EPOCH, null, null), SHOPS);
  }

  private void assertUnreadable(String beginning) {
    assertThatThrownBy(() -> stores.keys().find(SHOPS))
        .isInstanceOf(DatabaseException.class)
        .hasMessageStartingWith(beginning)
        .hasMessageEndingWith(" that this version of Tollgate cannot read");
  }
}
