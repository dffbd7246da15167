package dev.tollgate.gateway.cli;

import dev.tollgate.gateway.account.StoreUnavailableException;
import dev.tollgate.gateway.admin.AdminException;
import dev.tollgate.gateway.config.ConfigException;
import dev.tollgate.gateway.jdbc.DatabaseException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.RunLast;

/** All commands of the command line, and how it reports what they refuse. */
final class Commands {
  /** Exit code for an error of the user or the environment: input, configuration, database. */
  static final int EXIT_REFUSED = 2;

  private static final int EXIT_FAILED = 1;

  private static final Set<String> HELP = Set.of("help", "--help", "-h");

  /** The commands by name, in the order of the help. */
  private static final Map<String, Supplier<Object>> COMMANDS = new LinkedHashMap<>();

  static {
    COMMANDS.put("serve", ServeCommand::new);
    COMMANDS.put("demo", DemoCommand::new);
    COMMANDS.put("project", ProjectCommand::new);
    COMMANDS.put("key", KeyCommand::new);
    COMMANDS.put("credit", CreditCommand::new);
    COMMANDS.put("usage", UsageCommand::new);
    COMMANDS.put("top", TopCommand::new);
    COMMANDS.put("ledger", LedgerCommand::new);
    COMMANDS.put("audit", AuditCommand::new);
    COMMANDS.put("master-key", MasterKeyCommand::new);
    COMMANDS.put("database", DatabaseCommand::new);
    COMMANDS.put("check", CheckCommand::new);
  }

  private Commands() {}

  /** The command line with all commands. */
  static CommandLine line() {
    return with(COMMANDS.keySet(), new CommandLine(new Main()));
  }

  /**
   * The command line that these arguments need. If they name a command, all others are left out: to
   * build all of them takes 0.2 s. Help shows all, and a misspelt name is compared with all.
   */
  static CommandLine line(String... arguments) {
    CommandLine line = new CommandLine(new Main());
    String named = named(line.getCommandSpec(), arguments).orElse("");
    boolean all = !COMMANDS.containsKey(named) || Stream.of(arguments).anyMatch(HELP::contains);
    return with(all ? COMMANDS.keySet() : Set.of(named), line);
  }

  /** The first argument that is neither an option nor the value of one: the name of a command. */
  private static Optional<String> named(CommandSpec root, String... arguments) {
    boolean isValue = false;
    for (String argument : arguments) {
      if (!isValue && !argument.startsWith("-")) {
        return Optional.of(argument);
      }
      OptionSpec option = isValue ? null : root.findOption(argument);
      isValue = option != null && option.arity().min() > 0;
    }
    return Optional.empty();
  }

  private static CommandLine with(Set<String> commands, CommandLine line) {
    COMMANDS.forEach(
        (name, command) -> {
          if (commands.contains(name)) {
            line.addSubcommand(command.get());
          }
        });
    if (commands.size() == COMMANDS.size()) {
      line.getCommandSpec().addMethodSubcommands();
    }
    line.setExecutionStrategy(Commands::execute);
    line.setParameterExceptionHandler(Commands::onBadArguments);
    line.setExecutionExceptionHandler(
        (e, command, parsed) -> {
          int code = onFailure(e, command.getErr()::println);
          // For the check command, 1 means that the check found a problem.
          return command.getCommand() instanceof CheckCommand ? EXIT_REFUSED : code;
        });
    // A correction is a negative amount, which looks like an option.
    CommandLine credit = line.getSubcommands().get("credit");
    if (credit != null) {
      credit.setUnmatchedOptionsArePositionalParams(true);
    }
    return line;
  }

  /**
   * Runs a command. It fails if its output could not be written, so no script takes a part for all.
   */
  private static int execute(ParseResult parsed) {
    int code = new RunLast().execute(parsed);
    CommandLine root = parsed.commandSpec().commandLine();
    if (!Output.hasFailed(root.getOut())) {
      return code;
    }
    refuse(root.getErr()::println, Output.FAILURE);
    return code == 0 ? EXIT_REFUSED : code;
  }

  private static int onBadArguments(ParameterException e, String[] arguments) {
    CommandLine command = e.getCommandLine();
    Consumer<String> err = command.getErr()::println;
    CommandSpec root = command.getCommandSpec().root();
    // A later argument may be the name of a command, whose own error hides the first one. @FILE
    // stands for the arguments in a file.
    Optional<String> unknown =
        named(root, arguments)
            .filter(name -> !root.subcommands().containsKey(name) && !name.startsWith("@"));
    if (unknown.isPresent()) {
      refuse(err, ArgumentErrors.unknownCommand(unknown.get(), root));
    } else if (ArgumentErrors.isCommandMissing(e)) {
      command.usage(command.getErr());
      err.accept("");
      refuse(err, ArgumentErrors.commandMissing(command.getCommandSpec()));
    } else {
      refuse(err, ArgumentErrors.text(e));
    }
    return EXIT_REFUSED;
  }

  private static int onFailure(Exception e, Consumer<String> err) {
    if (e instanceof CliException
        || e instanceof AdminException
        || e instanceof ConfigException
        || e instanceof DatabaseException
        || e instanceof StoreUnavailableException) {
      refuse(err, String.valueOf(e.getMessage()));
      return EXIT_REFUSED;
    }
    refuse(err, "failed unexpectedly: " + e);
    return EXIT_FAILED;
  }

  private static void refuse(Consumer<String> err, String message) {
    err.accept("tollgate: " + message.replaceAll("\\p{Cntrl}+", " ").strip());
  }
}
