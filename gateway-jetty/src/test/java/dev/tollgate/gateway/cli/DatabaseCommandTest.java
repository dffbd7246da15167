package dev.tollgate.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tollgate.gateway.jdbc.DatabaseOptions;
import dev.tollgate.gateway.jdbc.JdbcStores;
import dev.tollgate.gateway.testkit.Postgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The command line's way from SQLite to PostgreSQL, and what it says on the way. */
class DatabaseCommandTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path directory;
  private CommandRun command;
  private DatabaseOptions target;

  @BeforeEach
  void createProject() {
    command = CommandRun.on("jdbc:sqlite:" + directory.resolve("tollgate.db"));
    target = Postgres.newDatabase();
    assertThat(command.run("project", "create", "shop", "--balance", "5").exit()).isZero();
  }

  private CommandRun.Said copy(String... more) {
    String[] arguments = {"database", "copy", "--to", target.url(), "--to-user", "postgres"};
    return command.run(CommandRun.join(arguments, more));
  }

  private String masterKey() throws Exception {
    return Files.readString(directory.resolve("tollgate.db.master-key")).trim();
  }

  private void assertRefused(CommandRun.Said said, String message) {
    assertThat(said.err().lines()).singleElement().asString().contains(message);
    assertThat(said.err()).startsWith("tollgate: ");
    assertThat(said.out()).isEmpty();
    assertThat(said.exit()).isEqualTo(2);
  }

  @Test
  void aCopySaysWhatWasCopiedAndWhatToSet() throws Exception {
    Path password = Files.writeString(directory.resolve("password"), "never-shown\n");

    CommandRun.Said said = copy("--to-password-file", password.toString());

    assertThat(said.err()).isEmpty();
    assertThat(said.exit()).isZero();
    assertThat(said.out())
        .containsPattern("ok +true\n")
        .containsPattern("projects +1\n")
        .containsPattern("balance\\.total +5\\.00\n")
        .containsPattern("ledger_entry +1\n")
        .containsPattern("tollgate\\.database\\.url +the URL of --to\n")
        .containsPattern("tollgate\\.database\\.user +postgres\n")
        .containsPattern("tollgate\\.database\\.password +the same password\n")
        .containsPattern("tollgate\\.master\\.key +the content of .*tollgate\\.db\\.master-key\n")
        .doesNotContain(masterKey(), "never-shown");
  }

  @Test
  void aCopyPrintsJson() throws Exception {
    JsonNode json = JSON.readTree(copy("--json").out());

    assertThat(json.get("ok").asBoolean()).isTrue();
    assertThat(json.get("entries").asInt()).isEqualTo(1);
    assertThat(json.get("balance").get("total").asText()).isEqualTo("5.00");
    assertThat(json.get("differences")).isEmpty();
    assertThat(json.get("tables").findValuesAsText("table")).contains("project", "audit");
    assertThat(json.get("settings").findValuesAsText("setting"))
        .containsExactly("tollgate.database.url", "tollgate.database.user", "tollgate.master.key");
  }

  @Test
  void theSettingsThatItNamesOpenTheCopy() throws Exception {
    assertThat(copy().exit()).isZero();

    CommandRun onTarget =
        CommandRun.on(target.url())
            .with("tollgate.database.user", "postgres")
            .with("tollgate.master.key", masterKey());

    assertThat(onTarget.run("check").exit()).isZero();
    assertThat(onTarget.run("project", "list").out()).contains("shop", "5.00");
  }

  @Test
  void aCopyThatDiffersSaysWhereAndIsExitCodeOne() throws Exception {
    migrateTarget();
    try (Connection other = DriverManager.getConnection(target.url(), "postgres", null);
        Statement sql = other.createStatement()) {
      sql.execute("CREATE RULE lost AS ON INSERT TO audit DO INSTEAD NOTHING");
    }

    CommandRun.Said said = copy();

    assertThat(said.exit()).isEqualTo(1);
    assertThat(said.out())
        .containsPattern("ok +false\n")
        .containsPattern("rows of table audit +3 +0\n")
        .doesNotContain("tollgate.master.key");
  }

  /** A copy that is refused migrates the target. */
  private void migrateTarget() throws Exception {
    Path broken = directory.resolve("broken.db");
    CommandRun other = CommandRun.on("jdbc:sqlite:" + broken);
    assertThat(other.run("project", "create", "x").exit()).isZero();
    assertThat(other.run("database", "copy", "--to", target.url(), "--to-user", "postgres").exit())
        .isZero();
    try (Connection sql = DriverManager.getConnection(target.url(), "postgres", null);
        Statement statement = sql.createStatement()) {
      statement.execute("TRUNCATE project, audit, api_key, setting CASCADE");
    }
  }

  @Test
  void aCopyOfARunningServersDatabaseIsRefused() {
    DatabaseOptions source = new DatabaseOptions(directory.resolve("tollgate.db"));
    try (JdbcStores server = JdbcStores.openForServer(source, null, Duration.ofSeconds(30))) {
      assertThat(server.file()).isPresent();
      assertRefused(copy(), "another server is running on database");
    }
  }

  @Test
  void aSecondCopyToTheSameTargetIsRefused() {
    assertThat(copy().exit()).isZero();
    assertRefused(copy(), "is not empty: table audit has rows; give a new database");
  }

  @Test
  void aCopyFromPostgresqlIsRefused() throws Exception {
    CommandRun onTarget = CommandRun.on(target.url()).with("tollgate.master.key", masterKey());
    assertRefused(
        onTarget.run("database", "copy", "--to", target.url()),
        "is not a SQLite file; only a SQLite file can be copied");
  }

  @Test
  void aCopyOfAMissingDatabaseIsRefused() {
    CommandRun elsewhere = CommandRun.on("jdbc:sqlite:" + directory.resolve("missing.db"));
    assertRefused(elsewhere.run("database", "copy", "--to", target.url()), "there is no database ");
    assertThat(directory.resolve("missing.db")).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "--to-user tollgate | --to is missing",
        "--to nowhere | --to is 'nowhere'; allowed: jdbc:postgresql://HOST/DATABASE",
        "--to jdbc:mysql://h/d | --to is 'jdbc:mysql://h/d'; allowed: jdbc:postgresql://",
        "--to jdbc:sqlite:other.db | is a SQLite file, but must be a PostgreSQL database",
        "--to jdbc:postgresql://127.0.0.1:1/x | cannot copy to database 127.0.0.1:1/x: Connection",
        "--to jdbc:postgresql://h/d --to-password-file /nowhere | cannot read the password from",
        "--to jdbc:postgresql://h/d --to-password secret | unknown option '--to-password'; did you mean --to-password-file?",
      })
  void aWrongArgumentIsNamed(String arguments, String message) {
    assertRefused(command.run(("database copy " + arguments).split(" ")), message);
  }

  @ParameterizedTest
  @CsvSource({
    "jdbc:postgresql://h/d?user=u&password=never-shown",
    "jdbc:postgresql://h/d?sslpassword=never-shown",
    "jdbc:postgresql://u:never-shown@h/d"
  })
  void aPasswordInTheUrlIsRefusedAndNotRepeated(String url) {
    CommandRun.Said said = command.run("database", "copy", "--to", url);
    assertRefused(said, "use --to-password-file");
    assertThat(said.err()).doesNotContain("never-shown");
  }
}
