package dev.tollgate.gateway.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tollgate.gateway.account.Markup;
import dev.tollgate.gateway.account.MasterKey;
import dev.tollgate.gateway.account.Project;
import dev.tollgate.gateway.account.Secret;
import dev.tollgate.gateway.testkit.LogCapture;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JdbcStoresTest {
  private static final Duration LEASE = Duration.ofSeconds(30);
  private static final MasterKey ONE_KEY =
      MasterKey.parse("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
  private static final MasterKey OTHER_KEY =
      MasterKey.parse("AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");

  @TempDir Path directory;
  private Path file;
  private DatabaseOptions options;

  @BeforeEach
  void name() {
    file = directory.resolve("tollgate.db");
    options = new DatabaseOptions(file);
  }

  private Path masterKeyFile() {
    return directory.resolve("tollgate.db.master-key");
  }

  private static void insert(JdbcStores stores, String name) {
    Secret upstreamKey = Secret.of("sk-" + name);
    stores
        .keyAdmin()
        .insertProject(
            new Project("prj_" + name, name, true, upstreamKey, Markup.NONE, Instant.EPOCH));
  }

  private static List<String> upstreamKeys(JdbcStores stores) {
    return stores.keyAdmin().listProjects().stream()
        .map(project -> project.upstreamKey().reveal())
        .toList();
  }

  private static String permissions(Path path) throws Exception {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }

  // --- who may open it

  @Test
  void theCommandLineOpensItBesideAServer() {
    try (JdbcStores server = JdbcStores.openForServer(options, null, LEASE);
        JdbcStores commandLine = JdbcStores.open(options, null)) {
      insert(commandLine, "a");
      insert(server, "b");

      assertThat(upstreamKeys(server)).containsExactly("sk-a", "sk-b");
      assertThat(upstreamKeys(commandLine)).containsExactly("sk-a", "sk-b");
    }
  }

  @Test
  void aServerOpensItBesideTheCommandLine() {
    try (JdbcStores commandLine = JdbcStores.open(options, null);
        JdbcStores server = JdbcStores.openForServer(options, null, LEASE)) {
      insert(commandLine, "a");

      assertThat(upstreamKeys(server)).containsExactly("sk-a");
    }
  }

  @Test
  void aSecondServerIsRefused() {
    try (JdbcStores server = JdbcStores.openForServer(options, null, LEASE)) {
      assertThatThrownBy(() -> JdbcStores.openForServer(options, null, LEASE))
          .isInstanceOf(DatabaseException.class)
          .hasMessage("another server is running on database " + file);
      insert(server, "a");
    }
  }

  @Test
  void aServerIsAllowedOnceTheOtherHasClosed() {
    JdbcStores.openForServer(options, null, LEASE).close();

    JdbcStores.openForServer(options, null, LEASE).close();
  }

  @Test
  void aServerThatCouldNotOpenLeavesNoLock() throws Exception {
    Files.writeString(file, "this is not a database at all, but it is long enough to be one\n");
    assertThatThrownBy(() -> JdbcStores.openForServer(options, null, LEASE))
        .isInstanceOf(DatabaseException.class);
    Files.delete(file);
    JdbcStores.create(options, null);

    JdbcStores.openForServer(options, null, LEASE).close();
  }

  @Test
  void serversOfDifferentDatabasesRunSideBySide() {
    DatabaseOptions other = new DatabaseOptions(directory.resolve("other.db"));
    try (JdbcStores one = JdbcStores.openForServer(options, null, LEASE);
        JdbcStores two = JdbcStores.openForServer(other, null, LEASE)) {
      insert(one, "a");

      assertThat(upstreamKeys(two)).isEmpty();
    }
  }

  // --- what is not a database

  private void assertRefused(DatabaseOptions refused, String reason) {
    assertThatThrownBy(() -> JdbcStores.open(refused, null))
        .isInstanceOf(DatabaseException.class)
        .hasMessageStartingWith("cannot open database " + refused.name())
        .hasMessageContaining(reason)
        .hasMessageNotContaining("\n");
  }

  @Test
  void aFileThatIsNoDatabaseIsRefusedAndLeftAsItIs() throws Exception {
    String text = "this is not a database at all, but it is long enough to be taken for one\n";
    Files.writeString(file, text);

    assertRefused(options, "not a database");
    assertThat(file).hasContent(text);
  }

  @Test
  void aDirectoryIsRefused() throws Exception {
    Files.createDirectory(file);

    assertRefused(options, "");
  }

  @Test
  void aMissingDirectoryIsRefused() {
    assertRefused(
        new DatabaseOptions(directory.resolve("missing/tollgate.db")),
        "its directory does not exist");
  }

  @Test
  void aMissingDirectoryIsRefusedForAServer() {
    DatabaseOptions missing = new DatabaseOptions(directory.resolve("missing/tollgate.db"));

    assertThatThrownBy(() -> JdbcStores.openForServer(missing, null, LEASE))
        .isInstanceOf(DatabaseException.class)
        .hasMessageContaining("missing")
        .hasMessageNotContaining("\n");
  }

  @Test
  void aDatabaseThatIsLockedIsRefused() throws Exception {
    JdbcStores.open(options, null).close();
    try (Sqlite other = new Sqlite(file)) {
      other.execute("BEGIN EXCLUSIVE");

      assertRefused(options, "it is locked by another process");
    }
  }

  @Test
  void aDatabaseThatWasLockedOpensAfterwards() throws Exception {
    JdbcStores.open(options, null).close();
    try (Sqlite other = new Sqlite(file)) {
      other.execute("BEGIN EXCLUSIVE").execute("COMMIT");
      JdbcStores.open(options, null).close();
    }
  }

  // --- the master key

  @Test
  void aMasterKeyIsMadeBesideANewDatabase() {
    try (JdbcStores stores = JdbcStores.open(options, null)) {
      insert(stores, "a");
    }
    try (JdbcStores again = JdbcStores.open(options, null)) {
      assertThat(upstreamKeys(again)).containsExactly("sk-a");
    }
    assertThat(masterKeyFile()).exists();
  }

  @Test
  void aConfiguredMasterKeyIsNotWrittenToAFile() {
    JdbcStores.open(options, ONE_KEY).close();

    assertThat(masterKeyFile()).doesNotExist();
  }

  @Test
  void aConfiguredMasterKeyOpensItAgain() {
    JdbcStores.open(options, ONE_KEY).close();

    assertThatCode(() -> JdbcStores.open(options, ONE_KEY).close()).doesNotThrowAnyException();
  }

  @Test
  void aMissingMasterKeyFileIsNamedAndNotMadeAnew() throws Exception {
    JdbcStores.open(options, null).close();
    Files.delete(masterKeyFile());

    assertThatThrownBy(() -> JdbcStores.open(options, null))
        .isInstanceOf(DatabaseException.class)
        .hasMessage(
            "the master key file "
                + masterKeyFile()
                + " is missing; put it back, or set tollgate.master.key");
    assertThat(masterKeyFile()).doesNotExist();
  }

  @Test
  void aConfiguredMasterKeyThatIsNoLongerConfiguredIsMissed() {
    JdbcStores.open(options, ONE_KEY).close();

    assertThatThrownBy(() -> JdbcStores.open(options, null))
        .isInstanceOf(DatabaseException.class)
        .hasMessageContaining("is missing");
  }

  @Test
  void anotherMasterKeyIsRefused() {
    JdbcStores.open(options, ONE_KEY).close();

    assertThatThrownBy(() -> JdbcStores.open(options, OTHER_KEY))
        .isInstanceOf(DatabaseException.class)
        .hasMessage("the master key is not the one that database " + file + " was created with");
  }

  @Test
  void aChangedMasterKeyFileIsRefused() throws Exception {
    JdbcStores.open(options, null).close();
    Files.writeString(masterKeyFile(), "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n");

    assertThatThrownBy(() -> JdbcStores.open(options, null))
        .isInstanceOf(DatabaseException.class)
        .hasMessageContaining("is not the one");
  }

  @Test
  void aMasterKeyFileWithoutAKeyIsRefused() throws Exception {
    JdbcStores.open(options, null).close();
    Files.writeString(masterKeyFile(), "no-key-but-secret");

    assertThatThrownBy(() -> JdbcStores.open(options, null))
        .isInstanceOf(DatabaseException.class)
        .hasMessageContaining(masterKeyFile() + " holds no key")
        .hasMessageNotContaining("no-key-but-secret");
  }

  @Test
  void aServerThatWasRefusedForItsMasterKeyLeavesNoLock() {
    JdbcStores.open(options, ONE_KEY).close();
    assertThatThrownBy(() -> JdbcStores.openForServer(options, OTHER_KEY, LEASE))
        .isInstanceOf(DatabaseException.class);

    assertThatCode(() -> JdbcStores.openForServer(options, ONE_KEY, LEASE).close())
        .doesNotThrowAnyException();
  }

  @RepeatedTest(5)
  void allThatOpenANewDatabaseAtOnceAgreeOnOneMasterKey() throws Exception {
    int threads = 4;
    CyclicBarrier start = new CyclicBarrier(threads);
    ExecutorService executor = Executors.newFixedThreadPool(threads);
    List<Future<JdbcStores>> opening = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      opening.add(
          executor.submit(
              () -> {
                start.await();
                return JdbcStores.open(options, null);
              }));
    }
    List<JdbcStores> opened = new ArrayList<>();
    try {
      for (Future<JdbcStores> each : opening) {
        opened.add(each.get());
      }
      for (int i = 0; i < threads; i++) {
        insert(opened.get(i), "p" + i);
      }
      for (JdbcStores each : opened) {
        assertThat(upstreamKeys(each)).containsExactly("sk-p0", "sk-p1", "sk-p2", "sk-p3");
      }
    } finally {
      executor.shutdownNow();
      opened.forEach(JdbcStores::close);
    }
  }

  // --- files

  @Test
  void everyFileThatHoldsDataIsForItsOwnerAlone() throws Exception {
    try (JdbcStores stores = JdbcStores.open(options, null)) {
      insert(stores, "a");

      assertThat(permissions(file)).isEqualTo("rw-------");
      assertThat(permissions(directory.resolve("tollgate.db-wal"))).isEqualTo("rw-------");
      assertThat(permissions(directory.resolve("tollgate.db-shm"))).isEqualTo("rw-------");
      assertThat(permissions(masterKeyFile())).isEqualTo("rw-------");
    }
  }

  @Test
  void aServerSaysThatOthersCanReadTheDatabaseOrTheMasterKey() throws Exception {
    JdbcStores.openForServer(options, null, LEASE).close();
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
    Files.setPosixFilePermissions(masterKeyFile(), PosixFilePermissions.fromString("rw----r--"));
    try (LogCapture log = new LogCapture()) {
      JdbcStores.openForServer(options, null, LEASE).close();

      assertThat(log.lines())
          .anyMatch(line -> line.contains("WARNING: " + readable(file, "rw-r-----")))
          .anyMatch(line -> line.contains("WARNING: " + readable(masterKeyFile(), "rw----r--")));
    }
  }

  private static String readable(Path path, String permissions) {
    return "other users can read " + path + " (" + permissions + "); run chmod 600 " + path;
  }

  @Test
  void aServerSaysNothingOfFilesThatAreItsOwnersAlone() {
    try (LogCapture log = new LogCapture()) {
      JdbcStores.openForServer(options, null, LEASE).close();

      assertThat(log.lines()).noneMatch(line -> line.contains("can be read"));
    }
  }

  @Test
  void closingWritesAllToTheOneFile() {
    try (JdbcStores stores = JdbcStores.open(options, null)) {
      insert(stores, "a");
    }

    assertThat(directory.resolve("tollgate.db-wal")).doesNotExist();
  }

  @Test
  void whatIsSealedAnewOpensByTheNewKeyAlone() {

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
