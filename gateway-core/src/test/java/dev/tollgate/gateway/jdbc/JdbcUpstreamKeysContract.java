package dev.tollgate.gateway.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tollgate.gateway.account.MasterKey;
import dev.tollgate.gateway.account.Secret;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What was once an upstream key can be found by its id, on every database. */
abstract class JdbcUpstreamKeysContract {
  private static final MasterKey MASTER_KEY =
      MasterKey.parse("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
  private static final Secret KEY = Secret.of("abc");
  private static final String ID = "ba7816bf8f01cfea"; // FIPS 180-4's example

  private DatabaseOptions options;
  private JdbcStores stores;

  /** An empty database. */
  abstract DatabaseOptions freshDatabase();

  @BeforeEach
  void open() {
    options = freshDatabase();
    stores = JdbcStores.open(options, MASTER_KEY);
  }

  @AfterEach
  void close() {
    stores.close();
  }

  private long rows() throws Exception {
    try (Sql sql = new Sql(options)) {
      return sql.number("SELECT count(*) FROM upstream_key");
    }
  }

  @Test
  void theIdIsTheBeginningOfTheKeysHash() {
    assertThat(stores.upstreamKeys().remember(KEY)).isEqualTo(ID);
  }

  @Test
  void aKeyIsFoundByAnotherProcess() {
    stores.upstreamKeys().remember(KEY);

    try (JdbcStores other = JdbcStores.open(options, MASTER_KEY)) {
      assertThat(other.upstreamKeys().find(ID)).contains(KEY);
      assertThat(other.upstreamKeys().remember(KEY)).isEqualTo(ID);
    }
  }

  @Test
  void anIdThatWasNeverGivenFindsNothing() {
    assertThat(stores.upstreamKeys().find(ID)).isEmpty();
  }

  @Test
  void aKeyIsStoredOnceAndWithTheTime() throws Exception {
    stores.upstreamKeys().remember(KEY);
    stores.upstreamKeys().remember(KEY);

    assertThat(rows()).isEqualTo(1);
    try (Sql sql = new Sql(options)) {
      assertThat(sql.number("SELECT created_at FROM upstream_key"))
          .isBetween(System.currentTimeMillis() - 60_000, System.currentTimeMillis() + 1_000);
    }
  }

  @Test
  void aKnownKeyNeedsNoDatabase() {
    stores.upstreamKeys().remember(KEY);
    stores.close();

    assertThat(stores.upstreamKeys().remember(KEY)).isEqualTo(ID);
    assertThat(stores.upstreamKeys().find(ID)).contains(KEY);
  }

  @Test
  void aKeyOfATransactionThatIsUndoneIsStoredTheNextTime() throws Exception {
    assertThatThrownBy(
            () ->
                stores
                    .transactions()
                    .inTransaction(
                        () -> {
                          stores.upstreamKeys().remember(KEY);
                          throw new IllegalStateException("no");
                        }))
        .isInstanceOf(IllegalStateException.class);

    stores.upstreamKeys().remember(KEY);

    assertThat(rows()).isEqualTo(1);
  }

  @Test
  void aSealedKeyOpensUnderItsOwnIdAlone() throws Exception {
    stores.upstreamKeys().remember(KEY);
    try (Sql sql = new Sql(options)) {
      sql.execute("UPDATE upstream_key SET id = '0000000000000000'");
    }

    assertThatThrownBy(() -> stores.upstreamKeys().find("0000000000000000"))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
