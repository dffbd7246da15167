package dev.tollgate.gateway.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tollgate.gateway.account.KeyStoreContract;
import dev.tollgate.gateway.account.Project;
import dev.tollgate.gateway.account.Secret;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JdbcKeyStoreTest extends KeyStoreContract {
  private static final Secret UPSTREAM_KEY = Secret.of("sk-or-v1-sealed-secret");

  @TempDir Path directory;
  private JdbcStores stores;

  @Override
  protected Sides freshStore() {
    stores = JdbcStores.open(new DatabaseOptions(directory.resolve("tollgate.db")), null);
    return new Sides(stores.keys(), stores.keyAdmin());
  }

  @AfterEach
  void close() {
    stores.close();
  }

  private void insertShop() {
    stores
        .keyAdmin()
        .insertProject(new Project("prj_shop", "shop", true, UPSTREAM_KEY, Instant.EPOCH));
  }

  private String allBytes() throws Exception {
    StringBuilder all = new StringBuilder();
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.toList()) {
        all.append(Files.readString(file, StandardCharsets.ISO_8859_1));
      }
    }
    return all.toString();
  }

  @Test
  void anUpstreamKeyIsInNoFileWhileTheDatabaseIsOpen() throws Exception {
    insertShop();

    assertThat(directory.resolve("tollgate.db-wal")).isNotEmptyFile();
    assertThat(allBytes()).contains("prj_shop").doesNotContain("sealed-secret");
  }

  @Test
  void anUpstreamKeyIsInNoFileOnceTheDatabaseIsClosed() throws Exception {
    insertShop();
    stores.close();

    assertThat(allBytes()).contains("prj_shop").doesNotContain("sealed-secret");
  }

  @Test
  void aSealedKeyThatIsCopiedToAnotherProjectDoesNotOpen() throws Exception {
    insertShop();
    stores.keyAdmin().insertProject(new Project("prj_thief", "thief", true, null, Instant.EPOCH));
    try (Sqlite sqlite = new Sqlite(directory.resolve("tollgate.db"))) {
      sqlite.execute(
          "UPDATE project SET upstream_key ="
              + " (SELECT upstream_key FROM project WHERE name = 'shop') WHERE name = 'thief'");
    }

    assertThatThrownBy(() -> stores.keyAdmin().findProject("thief"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void anotherProcessSeesAChangeAtOnce() {
    try (JdbcStores other =
        JdbcStores.open(new DatabaseOptions(directory.resolve("tollgate.db")), null)) {
      long before = other.keys().changeCounter();
      insertShop();

      assertThat(other.keys().changeCounter()).isGreaterThan(before);
      assertThat(other.keyAdmin().listProjects())
          .extracting(Project::upstreamKey)
          .isEqualTo(List.of(UPSTREAM_KEY));
    }
  }
}
