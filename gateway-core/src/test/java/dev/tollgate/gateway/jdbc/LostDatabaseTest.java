package dev.tollgate.gateway.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tollgate.gateway.account.Markup;
import dev.tollgate.gateway.account.MasterKey;
import dev.tollgate.gateway.account.Project;
import dev.tollgate.gateway.account.Secret;
import dev.tollgate.gateway.account.StoreUnavailableException;
import dev.tollgate.gateway.testkit.LogCapture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The file of a SQLite database is deleted, moved or replaced. */
class LostDatabaseTest {
  private static final Duration LEASE = Duration.ofSeconds(30);
  private static final MasterKey KEY =
      MasterKey.parse("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");

  @TempDir Path directory;
  private Path file;
  private DatabaseOptions options;

  @BeforeEach
  void name() {
    file = directory.resolve("tollgate.db");
    options = new DatabaseOptions(file);
  }

  private static void insert(JdbcStores stores, String name) {
    stores
        .keyAdmin()
        .insertProject(
            new Project("prj_" + name, name, true, Secret.of("sk"), Markup.NONE, Instant.EPOCH));
  }

  private static List<String> projects(JdbcStores stores) {
    return stores.keyAdmin().listProjects().stream().map(Project::name).toList();
  }

  private List<String> projectsIn(Path database) {
    try (JdbcStores stores = JdbcStores.open(new DatabaseOptions(database), KEY)) {
      return projects(stores);
    }
  }

  private static void assertLost(JdbcStores stores) {
    assertThatThrownBy(() -> projects(stores))
        .isInstanceOf(StoreUnavailableException.class)
        .hasMessageContaining("tollgate.db was deleted or replaced while it was in use");
  }

  private Path beside(String prefix) throws IOException {
    try (Stream<Path> found = Files.list(directory)) {
      return found
          .filter(each -> each.getFileName().toString().startsWith(prefix))
          .findFirst()
          .orElseThrow();
    }
  }

  /** A database in which {@code name} is the only project. */
  private Path other(String name) {
    Path other = directory.resolve(name + ".db");
    try (JdbcStores stores = JdbcStores.open(new DatabaseOptions(other), KEY)) {
      insert(stores, name);
    }
    return other;
  }

  // --- under a server

  @Test
  void aDatabaseThatWasDeletedIsNotUsedAnyMore() throws Exception {
    try (JdbcStores server = JdbcStores.openForServer(options, KEY, LEASE)) {
      Files.delete(file);

      assertLost(server);
      assertThatThrownBy(() -> insert(server, "late"))
          .isInstanceOf(StoreUnavailableException.class);
      assertThatThrownBy(() -> server.ledger().probe().toCompletableFuture().join())
          .hasCauseInstanceOf(StoreUnavailableException.class);
      assertThat(file).doesNotExist();
    }
  }

  @Test
  void whatADeletedDatabaseHeldIsSavedForItsOwnerAlone() throws Exception {
    try (JdbcStores server = JdbcStores.openForServer(options, KEY, LEASE)) {
      insert(server, "a");
      Files.delete(file);
      assertLost(server);
    }

    Path saved = beside("tollgate.db.lost-");
    assertThat(Files.getPosixFilePermissions(saved))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    assertThat(projectsIn(saved)).containsExactly("a");
  }

  @Test
  void aLostDatabaseIsSaidOnce() throws Exception {
    try (LogCapture log = new LogCapture();
        JdbcStores server = JdbcStores.openForServer(options, KEY, LEASE)) {
      Files.delete(file);
      assertLost(server);
      assertLost(server);

      assertThat(log.lines())
          .filteredOn(line -> line.contains("SEVERE"))
          .singleElement()
          .asString()
          .contains("the database " + file + " was deleted or replaced while it was in use");
      String saved = "is saved in " + beside("tollgate.db.lost-");
      assertThat(log.lines()).filteredOn(line -> line.contains(saved)).hasSize(1);
    }
  }

  @Test
  void aDatabaseThatTookTheNameIsLeftAsItIs() throws Exception {
    Path other = other("b");
    try (JdbcStores server = JdbcStores.openForServer(options, KEY, LEASE)) {
      insert(server, "a");
      Files.move(other, file, StandardCopyOption.REPLACE_EXISTING);

      assertLost(server);
    }

    assertThat(projectsIn(file)).containsExactly("b");
    assertThat(projectsIn(beside("tollgate.db.lost-"))).containsExactly("a");
  }

  @Test
  void aDatabaseThatTakesTheNameOfAMovedOneDoesNotGetItsLog() throws Exception {
    Path other = other("b");
    try (JdbcStores server = JdbcStores.openForServer(options, KEY, LEASE)) {
      insert(server, "a");
      assertThat(projects(server)).containsExactly("a");
      Files.move(file, directory.resolve("moved.db"));
      assertLost(server);
      Files.move(other, file);

      assertThat(projectsIn(file)).containsExactly("b");
    }
    assertThat(projectsIn(file)).containsExactly("b");
    assertThat(beside("tollgate.db-wal.lost-")).isNotEmptyFile();
  }

  @Test
  void theLogOfADatabaseThatTookTheNameStays() throws Exception {
    try (JdbcStores server = JdbcStores.openForServer(options, KEY, LEASE)) {
      insert(server, "a");
      assertThat(projects(server)).containsExactly("a");
      Files.delete(file);
      Files.delete(directory.resolve("tollgate.db-wal"));
      Files.delete(directory.resolve("tollgate.db-shm"));
      try (Sqlite other = new Sqlite(file)) {
        other.execute("PRAGMA journal_mode=WAL").execute("CREATE TABLE theirs (x)");
        other.execute("INSERT INTO theirs VALUES (1)");

        assertLost(server);

        assertThat(directory.resolve("tollgate.db-wal")).isNotEmptyFile();
        assertThat(other.number("SELECT count(*) FROM theirs")).isEqualTo(1);
      }
    }
  }

  @Test
  void aDatabaseThatWasOverwrittenByASmallerOneIsNotUsedAnyMore() throws Exception {
    Path other = other("b");
    byte[] smaller = Files.readAllBytes(other);
    try (JdbcStores server = JdbcStores.openForServer(options, KEY, LEASE)) {
      try (Sqlite tool = new Sqlite(file)) {
        tool.execute("CREATE TABLE large AS SELECT zeroblob(1000000) AS x");
        tool.execute("PRAGMA wal_checkpoint(TRUNCATE)");
      }
      insert(server, "a");
      assertThat(projects(server)).containsExactly("a");
      Files.write(file, smaller);

      assertLost(server);
    }
    assertThat(file).hasBinaryContent(smaller);
    assertThat(directory.resolve("tollgate.db-wal")).doesNotExist();
  }

  @Test
  void aDatabaseThatIsMadeSmallerByVacuumIsUsedOn() throws Exception {
    try (JdbcStores server = JdbcStores.openForServer(options, KEY, LEASE);
        Sqlite tool = new Sqlite(file)) {
      tool.execute("CREATE TABLE large AS SELECT zeroblob(1000000) AS x");
      tool.execute("PRAGMA wal_checkpoint(TRUNCATE)");
      insert(server, "a");
      long before = Files.size(file);
      tool.execute("DROP TABLE large").execute("VACUUM");
      tool.execute("PRAGMA wal_checkpoint(TRUNCATE)");

      assertThat(projects(server)).containsExactly("a");
      assertThat(Files.size(file)).isLessThan(before);
      insert(server, "b");
      assertThat(projects(server)).containsExactly("a", "b");
    }
  }

  @Test
  void aDatabaseThatGrowsInItsLogAfterAVacuumIsUsedOn() throws Exception {
    try (JdbcStores server = JdbcStores.openForServer(options, KEY, LEASE);
        Sqlite tool = new Sqlite(file)) {
      tool.execute("CREATE TABLE large AS SELECT zeroblob(1000000) AS x");
      tool.execute("PRAGMA wal_checkpoint(TRUNCATE)");
      assertThat(projects(server)).isEmpty();
      tool.execute("DROP TABLE large").execute("VACUUM");
      tool.execute("PRAGMA wal_checkpoint(TRUNCATE)");
      long afterVacuum = Files.size(file);
      tool.execute("PRAGMA wal_autocheckpoint=0");
      tool.execute("CREATE TABLE grown AS SELECT zeroblob(500000) AS x");
      assertThat(Files.size(file)).isEqualTo(afterVacuum);

      insert(server, "a");
      assertThat(projects(server)).containsExactly("a");
    }
  }

  @Test
  void manyThreadsThatLookWhileTheFileGrowsAllFindItInPlace() throws Exception {
    try (JdbcStores server = JdbcStores.openForServer(options, KEY, LEASE);
        Sqlite tool = new Sqlite(file)) {
      tool.execute("CREATE TABLE grown (x)");
      AtomicBoolean growing = new AtomicBoolean(true);
      List<CompletableFuture<Void>> readers =
          Stream.generate(
                  () ->
                      CompletableFuture.runAsync(
                          () -> {
                            while (growing.get()) {
                              assertThat(projects(server)).isEmpty();
                            }
                          }))
              .limit(4)
              .toList();
      try {
        for (int i = 0; i < 300; i++) {
          tool.execute("INSERT INTO grown SELECT zeroblob(20000)");
          tool.execute("PRAGMA wal_checkpoint(PASSIVE)");
        }
      } finally {
        growing.set(false);
      }

      readers.forEach(CompletableFuture::join);
      assertThat(projects(server)).isEmpty();
    }
  }

  @Test
  void aLinkThatLeadsElsewhereIsNoticedAndTheDatabaseLeftWhole() throws Exception {
    Path folder = Files.createDirectory(directory.resolve("real"));
    Path real = folder.resolve("real.db");
    Files.createSymbolicLink(file, real);
    Path other = other("b");
    try (JdbcStores server = JdbcStores.openForServer(options, KEY, LEASE)) {
      insert(server, "a");
      Files.delete(file);
      Files.createSymbolicLink(file, other);

      assertLost(server);
    }
    assertThat(projectsIn(real)).containsExactly("a");
    assertThat(projectsIn(other)).containsExactly("b");
  }

  // --- at the start

  private void assertRefused(String trace) {
    String message =
        "database "
            + file
            + " is missing, but "
            + directory.resolve(trace)
            + " shows that there was one; restore the database, or create an empty one"
            + " with serve --new-database or by moving that file away";
    assertThatThrownBy(() -> JdbcStores.openForServer(options, null, LEASE))
        .isInstanceOf(DatabaseException.class)
        .hasMessage(message);
  }

  @Test
  void aServerDoesNotStartWithTheMasterKeyOfAMissingDatabase() throws Exception {
    JdbcStores.open(options, null).close();
    Files.delete(file);

    assertRefused("tollgate.db.master-key");
    assertThat(file).doesNotExist();
  }

  @Test
  void aServerDoesNotStartWithTheLockOfAMissingDatabase() throws Exception {
    JdbcStores.openForServer(options, KEY, LEASE).close();
    Files.delete(file);

    assertRefused("tollgate.db.lock");
    assertThat(file).doesNotExist();
  }

  @Test
  void anEmptyFileIsNoDatabase() throws Exception {
    JdbcStores.open(options, null).close();
    Files.write(file, new byte[0]);

    assertRefused("tollgate.db.master-key");
    assertThat(file).isEmptyFile();
  }

  @Test
  void theCommandLineMakesNoneBesideAMasterKey() throws Exception {
    JdbcStores.open(options, null).close();
    Files.delete(file);

    assertThatThrownBy(() -> JdbcStores.open(options, null))
        .isInstanceOf(DatabaseException.class)
        .hasMessageContaining("is missing");
    assertThat(file).doesNotExist();
  }

  @Test
  void anEmptyOneIsMadeWhenThatIsAskedFor() throws Exception {
    try (JdbcStores server = JdbcStores.openForServer(options, null, LEASE)) {
      insert(server, "a");
    }
    Files.delete(file);

    JdbcStores.create(options, null);

    try (JdbcStores server = JdbcStores.openForServer(options, null, LEASE)) {
      assertThat(projects(server)).isEmpty();
    }
  }

  @Test
  void noDatabaseIsMadeInPlaceOfOneThatIsThere() {
    try (JdbcStores stores = JdbcStores.open(options, null)) {
      insert(stores, "a");
    }

    assertThatThrownBy(() -> JdbcStores.create(options, null))
        .isInstanceOf(DatabaseException.class)
        .hasMessage("database " + file + " already exists; start without --new-database");
  }

  @Test
  void noDatabaseIsMadeWhileAServerRunsOnTheLostOne() throws Exception {
    try (JdbcStores server = JdbcStores.openForServer(options, null, LEASE)) {
      Files.delete(file);
      assertLost(server);

      assertThatThrownBy(() -> JdbcStores.create(options, null))
          .isInstanceOf(DatabaseException.class)
          .hasMessage("another server is running on database " + file);
      assertThat(file).doesNotExist();
    }
  }
}
