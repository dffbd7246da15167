package dev.tollgate.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command line's way to forget a project. */
class ProjectEraseTest {
  @TempDir Path directory;
  private CommandRun command;

  @BeforeEach
  void createProject() {
    command = CommandRun.on("jdbc:sqlite:" + directory.resolve("tollgate.db"));
    assertThat(command.run("project", "create", "shop", "--balance", "5").exit()).isZero();
  }

  private void assertRefused(CommandRun.Said said, String message) {
    assertThat(said.err().lines()).singleElement().asString().contains(message);
    assertThat(said.out()).isEmpty();
    assertThat(said.exit()).isEqualTo(2);
  }

  @Test
  void anErasureSaysTheNewNameAndHowMuchWasErased() {
    command.run("project", "archive", "shop");

    CommandRun.Said said = command.run("project", "erase", "shop", "--yes");

    assertThat(said.err()).isEmpty();
    assertThat(said.exit()).isZero();
    assertThat(said.out())
        .containsPattern("project_name +erased-prj_\\w{16}\n")
        .containsPattern("keys +1\n")
        .containsPattern("entries +1\n")
        .containsPattern("requests +0\n")
        .containsPattern("audit_lines +4\n");
    assertThat(command.run("project", "list").out()).doesNotContain("shop").contains("5.00");
    assertThat(command.run("check").exit()).isZero();
  }

  @Test
  void anErasurePrintsJson() throws Exception {
    command.run("project", "archive", "shop");

    JsonNode json =
        new ObjectMapper()
            .readTree(command.run("project", "erase", "shop", "--yes", "--json").out());

    assertThat(json.fieldNames())
        .toIterable()
        .containsExactly("project_name", "keys", "entries", "requests", "audit_lines");
  }

  @Test
  void withoutAConfirmationNothingIsErased() {
    command.run("project", "archive", "shop");

    assertRefused(
        command.run("project", "erase", "shop"),
        "erasing project shop cannot be undone; add --yes to erase it");
    assertThat(command.run("project", "show", "shop").exit()).isZero();
  }

  @Test
  void aProjectInUseIsNotErased() {
    assertRefused(
        command.run("project", "erase", "shop", "--yes"),
        "project shop is in use; only an archived project can be erased: run project archive shop");
  }

  @Test
  void aWrongArgumentIsNamed() {
    assertRefused(
        command.run("project", "erase", "nobody", "--yes"), "there is no project 'nobody'");
    assertRefused(command.run("project", "erase", "--yes"), "NAME is missing");
    assertRefused(
        command.run("project", "erase", "shop", "other", "--yes"), "unexpected argument 'other'");
  }
}
