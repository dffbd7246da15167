package dev.tollgate.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tollgate.gateway.config.GatewayConfig;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;

/** Each command there is explains itself, and says in one line what was wrong. */
class HelpTest {
  static Stream<CommandLine> below(CommandLine line) {
    return Stream.concat(
        Stream.of(line), line.getSubcommands().values().stream().flatMap(HelpTest::below));
  }

  /** What to type for each command, without {@code tollgate}. */
  static Stream<String> commands() {
    return below(Commands.line())
        .map(line -> line.getCommandSpec().qualifiedName().replaceFirst("^tollgate ?", ""));
  }

  private record Said(int exit, String out, String err) {}

  private static Said run(String command, String option) {
    String[] arguments = (command + " " + option).trim().split(" ");
    CommandLine line = Commands.line(arguments);
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    Consumer<CommandLine> capture =
        each -> each.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
    below(line).forEach(capture);
    int exit = line.execute(arguments[0].isEmpty() ? new String[0] : arguments);
    return new Said(exit, out.toString(), err.toString());
  }

  @ParameterizedTest(name = "tollgate {0} --help")
  @MethodSource("commands")
  void aCommandExplainsItselfAndAllThatItTakes(String command) {
    Said help = run(command, "--help");
    assertThat(help.exit()).isZero();
    assertThat(help.err()).isEmpty();
    assertThat(help.out()).startsWith(("Usage: tollgate " + command).trim() + " ");

    CommandSpec spec = spec(command);
    assertThat(spec.usageMessage().description()).isNotEmpty();
    for (ArgSpec argument : spec.args()) {
      assertThat(argument.description()).as(argument.paramLabel()).isNotEmpty();
    }
  }

  private static CommandSpec spec(String command) {
    return below(Commands.line())
        .map(CommandLine::getCommandSpec)
        .filter(spec -> spec.qualifiedName().equals(("tollgate " + command).trim()))
        .findFirst()
        .orElseThrow();
  }

  @ParameterizedTest(name = "tollgate {0} --bogus")
  @MethodSource("commands")
  void aCommandThatIsMisusedSaysSoInOneLineAndWhereHelpIs(String command) {
    Said refused = run(command, "--bogus");
    assertThat(refused.exit()).isEqualTo(2);
    assertThat(refused.out()).isEmpty();
    assertThat(refused.err().lines())
        .singleElement()
        .asString()
        .startsWith("tollgate: ")
        .endsWith("(see " + ("tollgate " + command).trim() + " --help)");
  }

  @ParameterizedTest(name = "tollgate {0}")
  @MethodSource("groups")
  void aGroupOfCommandsAloneShowsItsHelpAndIsMisused(String command) {
    Said refused = run(command, "");
    assertThat(refused.exit()).isEqualTo(2);
    assertThat(refused.out()).isEmpty();
    assertThat(refused.err())
        .startsWith(("Usage: tollgate " + command).trim() + " ")
        .contains("\ntollgate: a command is missing; allowed: ");
  }

  static Stream<String> groups() {
    List<String> groups =
        commands().filter(command -> !spec(command).subcommands().isEmpty()).toList();
    assertThat(groups).contains("", "project", "key");
    return groups.stream().filter(command -> !command.equals("ledger"));
  }

  @ParameterizedTest(name = "tollgate {0}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          --jsn                     | unknown option '--jsn'; did you mean --json? (see tollgate --help)
          projct list               | unknown command 'projct'; did you mean project? (see tollgate --help)
          projct show demo          | unknown command 'projct'; did you mean project? (see tollgate --help)
          legder demo               | unknown command 'legder'; did you mean ledger? (see tollgate --help)
          projct ledger settle      | unknown command 'projct'; did you mean project? (see tollgate --help)
          --json projct key credit  | unknown command 'projct'; did you mean project? (see tollgate --help)
          project crate key         | unknown command 'crate'; did you mean create? (see tollgate project --help)
          project crate             | unknown command 'crate'; did you mean create? (see tollgate project --help)
          help projct               | unknown command 'projct'; did you mean project? (see tollgate --help)
          help key rotat            | unknown command 'rotat'; did you mean rotate? (see tollgate key --help)
          master-key rotatte        | unknown command 'rotatte'; did you mean rotate? (see tollgate master-key --help)
          key list shop --jsn=yes   | unknown option '--jsn'; did you mean --json? (see tollgate key list --help)
          key create shop --exp 3d  | unknown option '--exp'; did you mean --expires? (see tollgate key create --help)
          credit shop 1 --not x     | unknown option '--not'; did you mean --note? (see tollgate credit --help)
          ledger setle req_1        | unexpected argument 'req_1'; did you mean tollgate ledger settle? (see tollgate ledger --help)
          xyzzy                     | unknown command 'xyzzy' (see tollgate --help)
          key list shop -j          | unknown option '-j' (see tollgate key list --help)
          check shop                | unexpected argument 'shop' (see tollgate check --help)
          project create            | NAME is missing (see tollgate project create --help)
          key rotate shop           | KEYID is missing (see tollgate key rotate --help)
          audit --limit             | --limit needs a value: COUNT (see tollgate audit --help)
          audit --limit ten         | --limit 'ten': must be a whole number (see tollgate audit --help)
          key list shop --json=5    | --json '5': takes no value (see tollgate key list --help)
          top -Dx                   | -D 'x': must be SETTING=VALUE (see tollgate top --help)
          ledger --pending --user u | --user cannot be used with --pending; allowed: NAME, --limit, --json, --wide (see tollgate ledger --help)
          ledger --after 0 --format csv --pending | --after, --format cannot be used with --pending; allowed: NAME, --limit, --json, --wide (see tollgate ledger --help)
          ledger --month 2026-11 --from 2026-11-01 --since 1d --to 2026-11-02 --pending | --month, --from, --since, --to cannot be used with --pending; allowed: NAME, --limit, --json, --wide (see tollgate ledger --help)
          ledger --pending --kind charge --key k --model m --flag f | --kind, --key, --model, --flag cannot be used with --pending; allowed: NAME, --limit, --json, --wide (see tollgate ledger --help)
          'ledger settle req_1'     | 'missing: --charge=USD | --release (see tollgate ledger settle --help)'
          """)
  void aWrongArgumentIsNamedWithWhatWasMeantOrIsAllowed(String command, String message) {
    Said refused = run(command, "");
    assertThat(refused.exit()).isEqualTo(2);
    assertThat(refused.out()).isEmpty();
    assertThat(refused.err()).isEqualTo("tollgate: " + message + System.lineSeparator());
  }

  @Test
  void theValueOfAnOptionIsNotTakenForTheCommand() {
    assertThat(Commands.line("--config", "demo", "project", "show", "key").getSubcommands())
        .containsOnlyKeys("project");
    assertThat(run("-D any=demo projct demo", "").err())
        .contains("unknown command 'projct'; did you mean project?");
    System.clearProperty("any");
  }

  @Test
  void helpExplainsTheCommandThatIsNamed() {
    assertThat(run("help", "").out()).startsWith("Usage: tollgate ").contains("serve", "project");
    assertThat(run("help serve", "").out()).startsWith("Usage: tollgate serve ");
    assertThat(run("help project", "create").out()).startsWith("Usage: tollgate project create ");
    assertThat(run("help bogus", "").exit()).isEqualTo(2);
  }

  @Test
  void theVersionIsACommandAndAnOption() {
    assertThat(run("version", "").out()).startsWith("Tollgate ");
    assertThat(run("", "--version").out()).isEqualTo(run("version", "").out());
  }

  @Test
  void settingsAreListedAndMayBeSetAfterTheCommand() {
    assertThat(run("settings", "").out().lines())
        .hasSize(GatewayConfig.settings().size() + 2)
        .anyMatch(line -> line.startsWith("tollgate.http.port ") && line.contains(" 8080 "));
    assertThat(run("settings", "--json").out()).contains("{\"setting\":\"tollgate.http.port\",");
    assertThat(run("project list -Dtollgate.http.prot=9", "").err())
        .contains("unknown setting tollgate.http.prot; did you mean tollgate.http.port?");
    System.clearProperty("tollgate.http.prot");
  }
}
