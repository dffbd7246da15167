package dev.tollgate.gateway.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tollgate.gateway.account.KeyStoreContract;
import dev.tollgate.gateway.account.Markup;
import dev.tollgate.gateway.account.MasterKey;
import dev.tollgate.gateway.account.Project;
import dev.tollgate.gateway.account.Secret;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the store promises on every database. */
abstract class JdbcKeyStoreContract extends KeyStoreContract {
  static final Secret UPSTREAM_KEY = Secret.of("sk-or-v1-sealed-secret");
  private static final MasterKey MASTER_KEY =
      MasterKey.parse("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");

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
}
