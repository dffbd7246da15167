package dev.tollgate.gateway.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tollgate.gateway.account.Markup;
import dev.tollgate.gateway.account.MasterKey;
import dev.tollgate.gateway.account.Project;
import dev.tollgate.gateway.account.Secret;
import dev.tollgate.gateway.testkit.Postgres;
import java.io.File;
import java.lang.reflect.InvocationTargetException;
import java.net.ServerSocket;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class PostgresStoresTest {
  private static final Duration LEASE = Duration.ofSeconds(30);
  private static final MasterKey ONE_KEY =
      MasterKey.parse("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
  private static final MasterKey OTHER_KEY =
      MasterKey.parse("AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");

  @Test
  void twoServersRunOnOneDatabase() {
    DatabaseOptions options = Postgres.newWholeDatabase();
    try (JdbcStores one = JdbcStores.openForServer(options, ONE_KEY, LEASE);
        JdbcStores two = JdbcStores.openForServer(options, ONE_KEY, LEASE)) {
      assertThat(one.keys().changeCounter()).isEqualTo(two.keys().changeCounter());
    }
  }

  @Test
  void withoutAMasterKeyNothingIsMade() throws Exception {
    DatabaseOptions options = Postgres.newWholeDatabase();

    assertThatThrownBy(() -> JdbcStores.openForServer(options, null, LEASE))
        .isInstanceOf(DatabaseException.class)
        .hasMessage("tollgate.master.key is not set; database " + options.name() + " needs one");
    try (Sql sql = new Sql(options)) {
      assertThat(
              sql.number(
                  "SELECT count(*) FROM information_schema.tables WHERE table_name = 'hold'"))
          .isZero();
    }
  }

  @Test
  void anotherMasterKeyIsRefused() {
    DatabaseOptions options = Postgres.newWholeDatabase();
    JdbcStores.open(options, ONE_KEY).close();

    assertThatThrownBy(() -> JdbcStores.open(options, OTHER_KEY))
        .isInstanceOf(DatabaseException.class)
        .hasMessage(
            "the master key is not the one that database " + options.name() + " was created with");
  }

  @Test
  void ofTwoThatOpenANewDatabaseWithDifferentMasterKeysOneIsRefused() throws Exception {
    DatabaseOptions options = Postgres.newWholeDatabase();
    CyclicBarrier together = new CyclicBarrier(2);
    ExecutorService executor = Executors.newFixedThreadPool(2);
    try {
      List<Callable<Boolean>> opens = new ArrayList<>();
      for (MasterKey key : List.of(ONE_KEY, OTHER_KEY)) {
        opens.add(
            () -> {
              together.await();
              try (JdbcStores stores = JdbcStores.open(options, key)) {
                return stores != null;
              } catch (DatabaseException e) {
                assertThat(e).hasMessageContaining("is not the one");
                return false;
              }
            });
      }
      List<Boolean> opened = new ArrayList<>();
      for (Future<Boolean> each : executor.invokeAll(opens)) {
        opened.add(each.get());
      }
      assertThat(opened).containsExactlyInAnyOrder(true, false);
    } finally {
      executor.shutdownNow();
    }
  }

  @Test
  void aServerThatDoesNotListenIsToldInOneLineWithoutThePassword() throws Exception {
    int port;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    DatabaseOptions options =
        DatabaseOptions.parse("jdbc:postgresql://127.0.0.1:" + port + "/books?password=hush")
            .withLogin("me", Secret.of("hush"));

    assertThatThrownBy(() -> JdbcStores.open(options, ONE_KEY))
        .isInstanceOf(DatabaseException.class)
        .hasMessageStartingWith("cannot open database 127.0.0.1:" + port + "/books: ")
        .hasMessageContaining("refused")
        .hasMessageNotContaining("hush")
        .hasMessageNotContaining("\n");
  }

  @Test
  void aDatabaseThatDoesNotExistIsTold() {
    String url = Postgres.newWholeDatabase().url() + "x";

    assertThatThrownBy(() -> JdbcStores.open(new DatabaseOptions(url, "postgres", null), ONE_KEY))
        .isInstanceOf(DatabaseException.class)
        .hasMessageMatching("cannot open database 127.0.0.1:\\d+/test\\d+x: .*does not exist");
  }

  @Test
  void aMissingDriverIsToldInOneLine() throws Exception {
    List<URL> classPath = new ArrayList<>();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
      if (!Path.of(entry).getFileName().toString().startsWith("postgresql-")) {
        classPath.add(Path.of(entry).toUri().toURL());
      }
    }
    try (URLClassLoader without =
        new URLClassLoader(classPath.toArray(URL[]::new), ClassLoader.getPlatformClassLoader())) {
      Class<?> options = without.loadClass(DatabaseOptions.class.getName());
      Class<?> dialect = without.loadClass(SqlDialect.class.getName());
      var of = dialect.getDeclaredMethod("of", options);
      of.setAccessible(true);
      Object parsed =
          options.getMethod("parse", String.class).invoke(null, "jdbc:postgresql://h/books");

      assertThatThrownBy(() -> of.invoke(null, parsed))
          .isInstanceOf(InvocationTargetException.class)
          .cause()
          .hasMessage(
              "cannot open database h/books: the driver org.postgresql:postgresql is not on the"
                  + " class path");
    }
  }

  @Test
  void whatIsSealedAnewOpensByTheNewKeyAlone() {
    DatabaseOptions options = Postgres.newWholeDatabase();
    MasterKey both =
        MasterKey.parse(
            "2:AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=,"
                + "1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    MasterKey newOne = MasterKey.parse("2:AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    String remembered;
    try (JdbcStores stores = JdbcStores.open(options, ONE_KEY)) {
      stores
          .keyAdmin()
          .insertProject(
              new Project("prj_a", "a", true, Secret.of("sk-a"), Markup.NONE, Instant.EPOCH));
      stores
          .keyAdmin()
          .insertProject(new Project("prj_b", "b", true, null, Markup.NONE, Instant.EPOCH));
      remembered = stores.upstreamKeys().remember(Secret.of("sk-old"));
    }

    try (JdbcStores stores = JdbcStores.open(options, both)) {
      assertThat(stores.keyAdmin().sealAnew()).isEqualTo(2);
    }

    try (JdbcStores stores = JdbcStores.open(options, newOne)) {
      assertThat(stores.keyAdmin().findProject("a").orElseThrow().upstreamKey())
          .isEqualTo(Secret.of("sk-a"));
      assertThat(stores.upstreamKeys().find(remembered)).contains(Secret.of("sk-old"));
    }
    assertThatThrownBy(() -> JdbcStores.open(options, ONE_KEY))
        .isInstanceOf(DatabaseException.class)
        .hasMessageContaining("the master key is not the one");
  }
}
