package dev.tollgate.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Commands whose output cannot be written. */
class OutputFailureTest {
  private static final String LINE =
      "tollgate: the output cannot be written; is the disk full, or was the pipe closed?"
          + System.lineSeparator();

  @TempDir Path directory;

  private CommandRun command() {
    CommandRun command = CommandRun.on("jdbc:sqlite:" + directory.resolve("tollgate.db"));
    assertThat(command.run("project", "create", "shop", "--balance", "5").exit()).isZero();
    return command;
  }

  @ParameterizedTest(name = "tollgate {0}")
  @ValueSource(
      strings = {
        "project list",
        "project show shop --json",
        "ledger shop",
        "ledger --after 0",
        "ledger shop --format jsonl",
        "ledger --after 0 --format csv",
        "usage --format csv",
        "check",
        "settings",
        "help serve",
        "project create --help",
        "version"
      })
  void aCommandFailsIfItsOutputCannotBeWritten(String arguments) {
    CommandRun.Said said = command().runInto(new BrokenWriter(), arguments.split(" "));

    assertThat(said.err()).isEqualTo(LINE);
    assertThat(said.exit()).isEqualTo(2);
  }

  @Test
  void aCommandThatFailsHasItsOwnErrorAlone() {
    CommandRun.Said said = command().runInto(new BrokenWriter(), "project", "show", "nobody");

    assertThat(said.err().lines()).singleElement().asString().contains("no project 'nobody'");
    assertThat(said.exit()).isEqualTo(2);
  }

  @Test
  void aChangeIsMadeEvenIfItsOutputCannotBeWritten() {
    CommandRun command = command();

    assertThat(command.runInto(new BrokenWriter(), "project", "disable", "shop").exit())
        .isEqualTo(2);

    assertThat(command.run("project", "show", "shop").out()).containsPattern("enabled +false\n");
  }
}
